output "vpc" { value = "vpc of v1" }
