resource "terraform_data" "site" {
  input = { version = "v1", files = { for f in fileset("${path.module}/build", "**") : f => file("${path.module}/build/${f}") } }
}
