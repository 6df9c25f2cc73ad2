resource "terraform_data" "web" { input = local.v }
