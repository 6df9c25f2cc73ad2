resource "terraform_data" "api" { input = "v2" }
output "url" { value = "http://${terraform_data.api.output}" }
output "more" { value = terraform_data.api.id }
