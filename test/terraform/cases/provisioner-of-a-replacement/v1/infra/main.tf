resource "terraform_data" "db" { triggers_replace = "v1" }
