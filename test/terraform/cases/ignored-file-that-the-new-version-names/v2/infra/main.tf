resource "terraform_data" "web" { input = "v2" }
resource "terraform_data" "built" { input = "${file("../dist/app.txt")} ${file("${path.module}/bye.txt")}" }
output "built" { value = file("${path.module}/../dist/app.txt") }
