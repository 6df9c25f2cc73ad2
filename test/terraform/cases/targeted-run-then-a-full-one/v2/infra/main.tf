resource "terraform_data" "api" { input = "v2" }
resource "terraform_data" "db" { input = "v1" }
