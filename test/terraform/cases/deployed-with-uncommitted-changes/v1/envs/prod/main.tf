module "web" {
  source = "../../modules/web"
  size   = "v1"
}
output "motd" { value = module.web.motd }
