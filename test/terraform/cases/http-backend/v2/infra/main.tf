terraform {
  backend "http" {}
}
resource "terraform_data" "web" { input = "v2" }
