terraform {
  required_providers {
    files = { source = "ship/files" }
  }
}
resource "files_file" "page" {
  for_each = toset(["$${k}"])
  path     = "@WORLD@/v2"
  content  = "one"
}
