variable "token" {
  type      = string
  ephemeral = true
}
resource "terraform_data" "web" {
  triggers_replace = ["v1"]
  provisioner "local-exec" {
    command     = "test -n \"$T\" && echo v1 > @WORLD@/web"
    environment = { T = var.token }
  }
}
