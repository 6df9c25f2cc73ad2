resource "terraform_data" "n" {
  count = 40
  input = "v1 ${count.index} ${join("", [for i in range(1024) : "0123456789"])}"
}
