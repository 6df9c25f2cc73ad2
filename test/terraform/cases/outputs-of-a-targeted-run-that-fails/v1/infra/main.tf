resource "terraform_data" "api" { input = "v1" }
output "url" { value = "http://old" }
