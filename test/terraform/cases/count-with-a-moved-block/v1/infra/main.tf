resource "terraform_data" "node" { input = "v1" }
