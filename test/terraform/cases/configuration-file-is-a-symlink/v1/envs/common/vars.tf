locals { v = "v1" }
