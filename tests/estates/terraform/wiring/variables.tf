variable "environment" {
  type    = string
  default = "test"
}

variable "regions" {
  type    = object({ home = string, standby = string })
  default = { home = "eu-central-1", standby = "eu-west-1" }
}

variable "stores" {
  type    = bool
  default = true
}

variable "services" {
  type = map(object({
    public    = optional(bool)
    instances = optional(number, 2)
  }))
  default = {
    api    = { public = false, instances = 3 }
    web    = { public = true }
    worker = { public = false, instances = 1 }
  }
}
