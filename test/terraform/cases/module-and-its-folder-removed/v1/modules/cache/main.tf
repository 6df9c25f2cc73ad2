resource "terraform_data" "cache" { input = file("${path.module}/size.txt") }
