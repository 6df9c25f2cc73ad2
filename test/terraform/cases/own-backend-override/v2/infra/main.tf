terraform {
  backend "http" { address = "http://127.0.0.1:1/never" }
}
resource "terraform_data" "vm" {
  input = "v2"
  provisioner "local-exec" { command = "touch @WORLD@/vm-$(date +%s%N)" }
}
