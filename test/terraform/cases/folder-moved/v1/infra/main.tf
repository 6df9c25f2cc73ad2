resource "terraform_data" "vm" {
  input = "v1"
  provisioner "local-exec" { command = "touch @WORLD@/vm-$(date +%s%N)" }
}
