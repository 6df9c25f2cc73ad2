resource "terraform_data" "api" { input = "v1" }
resource "terraform_data" "db" { input = "v1" }
