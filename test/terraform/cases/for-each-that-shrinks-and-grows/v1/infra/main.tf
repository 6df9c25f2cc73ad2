resource "terraform_data" "node" {
  for_each = toset(["a", "b"])
  input    = each.key
}
output "nodes" { value = { for k, n in terraform_data.node : k => n.output } }
