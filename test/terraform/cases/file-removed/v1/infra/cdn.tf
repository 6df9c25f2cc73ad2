resource "terraform_data" "cdn" { input = file("${path.module}/files/cdn.txt") }
