resource "terraform_data" "cluster" {}
resource "terraform_data" "dns" { input = terraform_data.cluster.id }
