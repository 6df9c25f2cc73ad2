resource "terraform_data" "web" { input = "v1" }
resource "terraform_data" "built" { input = "${file("../dist/app.txt")} ${file("${path.module}/bye.txt")}" }
