terraform {
  required_providers {
    files = { source = "ship/files" }
  }
}
resource "files_file" "page" {
  path    = "@WORLD@/page"
  content = "one"
}
