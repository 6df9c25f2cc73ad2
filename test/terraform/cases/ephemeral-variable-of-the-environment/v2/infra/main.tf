variable "token" {
  type      = string
  ephemeral = true
}
resource "terraform_data" "web" {
  triggers_replace = ["v2"]
  provisioner "local-exec" {
    command     = "test -n \"$T\" && echo v2 > @WORLD@/web"
    environment = { T = var.token }
  }
}
