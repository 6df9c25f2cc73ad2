resource "terraform_data" "net" { triggers_replace = "v2" }
resource "terraform_data" "db" { input = terraform_data.net.id }
resource "terraform_data" "app" {
  depends_on = [terraform_data.net, terraform_data.db]
  lifecycle { create_before_destroy = true }
  provisioner "local-exec" { command = "exit 7" }
}
