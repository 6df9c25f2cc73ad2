resource "terraform_data" "web" { input = "v1" }
resource "terraform_data" "dns" {
  provisioner "local-exec" {
    when    = destroy
    command = "touch @PROJECT@/../deregistered"
  }
}
