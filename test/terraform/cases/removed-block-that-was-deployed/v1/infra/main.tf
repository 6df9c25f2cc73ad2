resource "terraform_data" "web" { input = "v1" }
resource "terraform_data" "vm" {
  input = "v1"
  provisioner "local-exec" { command = "touch @WORLD@/vm-$(date +%s%N)" }
}
