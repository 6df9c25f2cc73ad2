resource "terraform_data" "api" {
  count = 2
  input = "v1"
}
