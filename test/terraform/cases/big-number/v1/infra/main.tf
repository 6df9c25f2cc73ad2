variable "channel" {
  type    = number
  default = 1234567890123456789
}
resource "terraform_data" "bot" { input = "v1 ${var.channel}" }
