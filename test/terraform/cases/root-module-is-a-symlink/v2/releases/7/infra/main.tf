module "x" {
  source = "../modules/x"
  v      = "v2"
}
