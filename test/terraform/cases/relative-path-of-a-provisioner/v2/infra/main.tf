resource "terraform_data" "web" {
  triggers_replace = ["v2"]
  provisioner "local-exec" { command = "echo v2 > ${path.module}/../world/web" }
}
