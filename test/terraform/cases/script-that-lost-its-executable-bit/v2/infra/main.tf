resource "terraform_data" "web" {
  triggers_replace = ["v2"]
  provisioner "local-exec" { command = "sh ${path.module}/bin/hello v2 @WORLD@/web" }
}
