a = "tfvars of v1"
b = "too weak"
