resource "terraform_data" "web" { input = "v2 in ${terraform.workspace}" }
