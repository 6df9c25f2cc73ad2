module "net" { source = "git::file://@PROJECT@/../mods//net?ref=v1" }
resource "terraform_data" "web" { input = "v1" }
