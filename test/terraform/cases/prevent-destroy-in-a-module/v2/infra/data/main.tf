resource "terraform_data" "db" {
  input = "orders"
  lifecycle { prevent_destroy = true }
}
