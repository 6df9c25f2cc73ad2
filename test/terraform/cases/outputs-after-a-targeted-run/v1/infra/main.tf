resource "terraform_data" "api" { input = "v1" }
resource "terraform_data" "db" { input = "v1" }
output "url" { value = "url of v1" }
output "db" { value = terraform_data.db.output }
