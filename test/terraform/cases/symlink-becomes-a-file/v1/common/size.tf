locals { size = "v1" }
