resource "terraform_data" "site" { input = { for f in fileset("${path.module}/../site", "**") : f => file("${path.module}/../site/${f}") } }
