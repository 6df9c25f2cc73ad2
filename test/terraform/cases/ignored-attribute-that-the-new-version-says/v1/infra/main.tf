resource "terraform_data" "api" {
  input = "v1"
  lifecycle {
    ignore_changes = [input]
  }
}
