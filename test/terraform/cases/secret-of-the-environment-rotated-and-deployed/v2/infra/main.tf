variable "db_password" { type = string }
resource "terraform_data" "db" { input = var.db_password }
resource "terraform_data" "web" { input = "v2" }
