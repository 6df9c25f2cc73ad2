a = "tfvars of v2"
b = "too weak"
