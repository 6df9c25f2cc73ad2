variable "a" {
  default = "v1"
}
resource "terraform_data" "db" {
  input = <<-EOT
    x ${var.a}
  EOT
  lifecycle {
    prevent_destroy = true
  }
}
