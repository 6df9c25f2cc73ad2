variable "account" { type = string }
variable "mode" { type = string }
variable "version_of_it" { type = string }
resource "terraform_data" "web" { input = "v1 ${var.account} ${var.mode} ${var.version_of_it}" }
