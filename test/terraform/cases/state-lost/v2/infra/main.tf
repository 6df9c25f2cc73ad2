resource "terraform_data" "vm" {
  input = "v2"
  provisioner "local-exec" { command = "touch @WORLD@/vm-$(date +%s%N)" }
}
