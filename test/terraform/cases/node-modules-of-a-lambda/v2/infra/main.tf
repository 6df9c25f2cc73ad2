locals { files = fileset("${path.module}/lambda", "**") }
resource "terraform_data" "lambda" {
  input = { version = "v2", files = { for f in local.files : f => filesha1("${path.module}/lambda/${f}") } }
}
