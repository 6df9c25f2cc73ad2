resource "terraform_data" "web" { input = "v1" }
resource "terraform_data" "db" { input = "orders" }
