resource "terraform_data" "web" {
  triggers_replace = ["v1"]
  provisioner "local-exec" { command = "${path.module}/bin/hello v1 @WORLD@/web" }
}
