module "x" { source = "./abs/x" }
