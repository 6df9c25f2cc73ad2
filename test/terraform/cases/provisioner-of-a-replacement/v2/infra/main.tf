resource "terraform_data" "db" {
  triggers_replace = "v2"
  provisioner "local-exec" { command = "touch @PROJECT@/../migrated" }
}
