resource "terraform_data" "db" {
  for_each = toset(["main"])
  input    = "orders"
}
