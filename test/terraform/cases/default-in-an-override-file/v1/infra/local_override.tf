variable "region" { default = "region of v1" }
