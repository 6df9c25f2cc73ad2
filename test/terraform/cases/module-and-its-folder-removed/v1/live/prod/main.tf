module "cache" { source = "../../modules/cache" }
resource "terraform_data" "c" { input = "v1" }
