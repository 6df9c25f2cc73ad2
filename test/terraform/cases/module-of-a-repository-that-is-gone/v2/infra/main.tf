module "net" { source = "git::file://@PROJECT@/../mods//net?ref=v2" }
resource "terraform_data" "web" { input = "v2" }
