resource "terraform_data" "db" {
  for_each         = toset(["tcp:[::]:443"])
  input            = each.key
  triggers_replace = ["v1"]
}
