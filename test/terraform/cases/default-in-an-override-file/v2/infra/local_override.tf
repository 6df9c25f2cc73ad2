variable "region" { default = "region of v2" }
