variable "o" {
  type = object({ name = string, size = optional(number, 3), tags = optional(map(string)) })
}
variable "n" {
  type     = string
  default  = "fallback"
  nullable = false
}
variable "t" { type = string }
variable "any" { type = any }
variable "s" { type = set(string) }
variable "big" { type = string }
resource "terraform_data" "web" { input = jsonencode([var.o, var.n, var.t, var.any, var.s, var.big]) }
