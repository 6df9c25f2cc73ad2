variable "size" {
  type = string
}

resource "terraform_data" "database" {
  input = "what people have entrusted to us"
}

resource "terraform_data" "server" {
  input = var.size
}

output "size" {
  value = terraform_data.server.output
}
