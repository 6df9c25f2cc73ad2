resource "terraform_data" "web" {
  triggers_replace = ["v2"]
  lifecycle { create_before_destroy = true }
  provisioner "local-exec" { command = "echo v2 > @WORLD@/web" }
}
