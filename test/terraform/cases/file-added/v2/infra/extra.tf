resource "terraform_data" "extra" { input = "v2" }
output "extra" { value = terraform_data.extra.output }
