resource "terraform_data" "api" {
  input = "v2"
}
