b = "auto of v1"
d = "too weak"
