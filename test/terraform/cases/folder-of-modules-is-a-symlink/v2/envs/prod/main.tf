module "a" {
  source = "./modules/a"
  v      = "v2"
}
