resource "terraform_data" "web" { input = "v1-hotfix" }
resource "terraform_data" "firewall" { input = "closed" }
