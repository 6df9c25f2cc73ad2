resource "terraform_data" "web" {
  triggers_replace = ["v1"]
  provisioner "local-exec" { command = "echo v1 > ${path.module}/../world/web" }
}
