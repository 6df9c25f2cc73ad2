resource "terraform_data" "db" { input = "db" }
resource "terraform_data" "app" { input = "v2 on ${terraform_data.db.output}" }
