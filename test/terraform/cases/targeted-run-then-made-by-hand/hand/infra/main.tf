resource "terraform_data" "api" {
  input = "v1"
}
resource "terraform_data" "hand" {
  input = "made by hand"
}
