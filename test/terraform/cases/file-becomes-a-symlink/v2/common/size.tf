locals { size = "v2" }
