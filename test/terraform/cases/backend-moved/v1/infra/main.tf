terraform {
  backend "local" { path = "../states/old.tfstate" }
}
resource "terraform_data" "web" { input = "v1" }
