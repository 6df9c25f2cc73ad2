terraform {
  required_providers {
    files = { source = "ship/files" }
  }
}
resource "terraform_data" "web" { input = "v2" }
import {
  to = files_file.old
  id = "@WORLD@/old"
}
resource "files_file" "old" {
  path    = "@WORLD@/old"
  content = "there"
}
