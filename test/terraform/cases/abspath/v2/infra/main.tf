resource "terraform_data" "kubeconfig" { input = abspath("${path.module}/kubeconfig") }
resource "terraform_data" "web" { input = "v2" }
