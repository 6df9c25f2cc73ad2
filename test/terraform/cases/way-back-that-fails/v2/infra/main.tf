resource "terraform_data" "web" {
  input            = "v2"
  triggers_replace = ["v2"]
  provisioner "local-exec" { command = "true" }
}
