variable "size" { default = "small" }
resource "terraform_data" "web" { input = var.size }
