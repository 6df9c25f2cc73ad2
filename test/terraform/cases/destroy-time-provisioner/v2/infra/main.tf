resource "terraform_data" "web" { input = "v2" }
resource "terraform_data" "dns" {
  input = "@WORLD@/api"
  provisioner "local-exec" { command = "touch ${self.input}" }
  provisioner "local-exec" {
    when    = destroy
    command = "rm ${self.input}"
  }
}
