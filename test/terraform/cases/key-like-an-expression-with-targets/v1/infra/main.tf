resource "terraform_data" "api" {
  for_each = toset(["$${k}"])
  input    = "v1"
}
resource "terraform_data" "db" { input = "v1" }
