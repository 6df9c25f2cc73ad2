resource "terraform_data" "web" { input = "v2" }
resource "terraform_data" "migration" {
  provisioner "local-exec" { command = "touch @PROJECT@/../migrated" }
}
