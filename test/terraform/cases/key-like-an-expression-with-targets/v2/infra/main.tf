resource "terraform_data" "api" {
  for_each = toset(["$${k}"])
  input    = "v2"
}
resource "terraform_data" "db" { input = "v2" }
