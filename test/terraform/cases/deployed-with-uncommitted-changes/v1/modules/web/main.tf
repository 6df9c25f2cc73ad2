variable "size" {}
resource "terraform_data" "web" { input = templatefile(join("/", [path.module, "..", "..", "files", "motd.tftpl"]), { size = var.size }) }
output "motd" { value = terraform_data.web.output }
