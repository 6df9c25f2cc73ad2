resource "terraform_data" "db" {
  lifecycle { prevent_destroy = true }
}
