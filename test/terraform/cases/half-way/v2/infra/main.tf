terraform {
  required_providers {
    files = { source = "ship/files" }
  }
}
resource "files_file" "page" {
  path    = "@WORLD@/page"
  content = "two"
}
resource "files_file" "extra" {
  path    = "@WORLD@/extra"
  content = "new"
}
resource "files_file" "half" {
  path    = "@WORLD@/half"
  content = "fail"
  depends_on = [files_file.page, files_file.extra]
}
