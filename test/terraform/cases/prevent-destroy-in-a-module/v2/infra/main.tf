resource "terraform_data" "web" { input = "v1" }
module "data" { source = "./data" }
