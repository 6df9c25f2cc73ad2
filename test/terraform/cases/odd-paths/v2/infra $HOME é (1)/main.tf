resource "terraform_data" "web" { input = file("${path.module}/a b.txt") }
