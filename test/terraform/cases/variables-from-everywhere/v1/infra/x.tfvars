d = "file of v1"
e = "too weak"
