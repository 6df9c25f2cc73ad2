terraform {
  required_providers {
    files = { source = "ship/files" }
  }
}
resource "files_file" "page" {
  path    = "@WORLD@/page"
  content = "two"
}
resource "terraform_data" "new" {
  depends_on = [files_file.page]
  provisioner "local-exec" {
    command = "exit 7"
  }
}
