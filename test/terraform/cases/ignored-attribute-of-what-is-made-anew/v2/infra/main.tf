resource "terraform_data" "api" {
  input            = "v1b"
  triggers_replace = "2"
  lifecycle {
    ignore_changes = [input]
  }
}
