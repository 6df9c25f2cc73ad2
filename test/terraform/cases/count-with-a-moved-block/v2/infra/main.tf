moved {
  from = terraform_data.node
  to   = terraform_data.node[0]
}
resource "terraform_data" "node" {
  count = 2
  input = "v2"
}
