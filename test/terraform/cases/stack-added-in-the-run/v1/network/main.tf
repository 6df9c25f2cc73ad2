resource "terraform_data" "net" { input = "v1" }
