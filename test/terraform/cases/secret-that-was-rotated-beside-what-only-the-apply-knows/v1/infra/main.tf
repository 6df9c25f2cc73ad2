variable "api_token" {
  type      = string
  sensitive = true
}
resource "terraform_data" "made" {
  input            = "the same"
  triggers_replace = "v1"
}
output "joined" {
  value     = { made = terraform_data.made.output, token = jsonencode({ token = var.api_token }) }
  sensitive = true
}
