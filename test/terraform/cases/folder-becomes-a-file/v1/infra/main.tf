resource "terraform_data" "web" { input = { for f in fileset(path.module, "data{,/*}") : f => file("${path.module}/${f}") } }
