output "version" { value = "v1" }
