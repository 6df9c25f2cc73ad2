resource "terraform_data" "web" {
  triggers_replace = ["v1"]
  lifecycle { create_before_destroy = true }
  provisioner "local-exec" { command = "echo v1 > @WORLD@/web" }
}
