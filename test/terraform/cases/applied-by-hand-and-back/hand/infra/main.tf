resource "terraform_data" "web" { input = "v1-hotfix" }
