resource "terraform_data" "none" {
  count = 0
}
resource "terraform_data" "api" {
  input = "v1"
}
output "api" {
  value = terraform_data.api.input
}
