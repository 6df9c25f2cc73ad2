variable "size" {}
resource "terraform_data" "web" { input = var.size }
