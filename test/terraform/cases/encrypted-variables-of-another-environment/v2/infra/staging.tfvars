size = "v2"
