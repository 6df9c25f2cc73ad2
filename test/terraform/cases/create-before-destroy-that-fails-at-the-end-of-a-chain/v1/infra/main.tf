resource "terraform_data" "net" { triggers_replace = "v1" }
resource "terraform_data" "db" { input = terraform_data.net.id }
