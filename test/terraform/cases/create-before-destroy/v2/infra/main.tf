terraform {
  required_providers {
    files = { source = "ship/files" }
  }
}
resource "files_file" "site" {
  path    = "@WORLD@/site-v2"
  content = "hello"
  lifecycle { create_before_destroy = true }
}
resource "files_file" "link" {
  path    = "@WORLD@/link"
  content = files_file.site.id
}
