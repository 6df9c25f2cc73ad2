variable "v" {}
resource "terraform_data" "x" { input = "wrong ${var.v}" }
