b = "auto of v2"
d = "too weak"
