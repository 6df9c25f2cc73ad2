resource "terraform_data" "api" { input = "v2" }
resource "terraform_data" "db" { input = "v2" }
output "url" { value = "url of v2" }
output "db" { value = terraform_data.db.output }
