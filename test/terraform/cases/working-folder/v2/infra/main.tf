resource "terraform_data" "where" { input = [path.cwd, path.root, abspath(path.root)] }
resource "terraform_data" "web" { input = "v2" }
