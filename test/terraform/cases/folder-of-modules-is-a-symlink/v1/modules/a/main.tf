variable "v" {}
module "b" {
  source = "../b"
  v      = var.v
}
