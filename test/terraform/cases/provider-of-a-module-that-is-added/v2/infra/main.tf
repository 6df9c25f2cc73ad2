resource "terraform_data" "web" { input = "v2" }
module "site" { source = "./site" }
