output "vpc" { value = "vpc of v2" }
