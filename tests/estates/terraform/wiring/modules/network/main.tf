terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "name" { type = string }
variable "cidr" { type = string }
variable "zones" { type = list(string) }
variable "nat" {
  type    = bool
  default = true
}

locals {
  tiers = {
    public  = { number = 0, gateway = aws_internet_gateway.this.id, nat = null }
    private = { number = 1, gateway = null, nat = var.nat ? local.nats : null }
    data    = { number = 2, gateway = null, nat = null }
  }
  nats = aws_nat_gateway.this.*.id
}

resource "aws_vpc" "this" {
  cidr_block = var.cidr
  tags       = { Name = var.name }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
}

resource "aws_eip" "nat" {
  count  = var.nat ? length(var.zones) : 0
  domain = "vpc"
}

resource "aws_nat_gateway" "this" {
  count         = length(aws_eip.nat)
  allocation_id = aws_eip.nat[count.index].id
  # Each one stands in the zone after its own.
  subnet_id = element(module.tier["public"].subnet_ids, count.index + 1)
}

module "tier" {
  for_each = { for name, tier in { public = 0, private = 1, data = 2 } : name => tier }
  source   = "./tier"
  name     = each.key
  vpc_id   = aws_vpc.this.id
  zones    = var.zones
  cidr     = cidrsubnet(aws_vpc.this.cidr_block, 4, each.value)
}

resource "aws_route" "out" {
  route_table_id         = module.tier["public"].route_table_ids[0]
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = local.tiers.public.gateway
}

resource "aws_route" "nat" {
  count                  = var.nat ? length(module.tier["private"].route_table_ids) : 0
  route_table_id         = module.tier["private"].route_table_ids[count.index]
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = element(local.tiers["private"].nat, count.index)
}

resource "aws_network_acl" "data" {
  vpc_id     = aws_vpc.this.id
  subnet_ids = module.tier["data"].subnet_ids
}

resource "aws_network_acl_rule" "data" {
  for_each       = { in = false, out = true }
  network_acl_id = aws_network_acl.data.id
  rule_number    = 100
  egress         = each.value
  protocol       = "-1"
  rule_action    = "allow"
  cidr_block     = var.cidr
}

resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id
}

output "vpc_id" { value = aws_vpc.this.id }
output "cidr" { value = aws_vpc.this.cidr_block }
output "subnet_ids" { value = { for name, tier in module.tier : name => tier.subnet_ids } }
output "tables" { value = { for name, tier in module.tier : name => tier.route_table_ids[0] } }
output "route_table_ids" {
  value = concat(
    module.tier["public"].route_table_ids,
    slice(values(module.tier)[*].route_table_ids[0], 0, 2),
  )
}
