d = "file of v2"
e = "too weak"
