moved {
  from = terraform_data.db
  to   = module.data.terraform_data.db["main"]
}
module "data" { source = "./data" }
resource "terraform_data" "web" { input = "v2" }
