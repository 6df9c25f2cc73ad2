resource "terraform_data" "cache" { input = "v2" }
