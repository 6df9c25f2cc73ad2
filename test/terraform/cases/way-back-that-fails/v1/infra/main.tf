resource "terraform_data" "web" {
  input            = "v1"
  triggers_replace = ["v1"]
  provisioner "local-exec" { command = "test ! -e @PROJECT@/../no" }
}
