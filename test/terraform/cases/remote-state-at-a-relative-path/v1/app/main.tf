data "terraform_remote_state" "network" {
  backend = "local"
  config  = { path = "../network/terraform.tfstate" }
}
resource "terraform_data" "app" { input = "v1 in ${data.terraform_remote_state.network.outputs.vpc}" }
