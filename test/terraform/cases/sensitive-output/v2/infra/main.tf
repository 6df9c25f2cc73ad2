resource "terraform_data" "web" { input = "v2" }
output "password" {
  value     = "swordfish of ${terraform_data.web.input}"
  sensitive = true
}
