terraform {
  backend "local" { path = "../states/new.tfstate" }
}
resource "terraform_data" "web" { input = "v2" }
