output "version" { value = "v2" }
