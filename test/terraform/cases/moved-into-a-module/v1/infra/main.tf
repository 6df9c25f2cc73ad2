resource "terraform_data" "db" { input = "orders" }
resource "terraform_data" "web" { input = "v1" }
