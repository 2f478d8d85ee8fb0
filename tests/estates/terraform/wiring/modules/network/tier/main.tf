terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "name" { type = string }
variable "vpc_id" { type = string }
variable "zones" { type = list(string) }
variable "cidr" { type = string }

locals {
  # One table for all public subnets, one per zone for the others.
  tables = var.name == "public" ? 1 : length(var.zones)
}

resource "aws_subnet" "this" {
  count             = length(var.zones)
  vpc_id            = var.vpc_id
  availability_zone = var.zones[count.index]
  cidr_block        = cidrsubnet(var.cidr, 4, count.index)
}

resource "aws_route_table" "this" {
  count  = local.tables
  vpc_id = aws_subnet.this[count.index].vpc_id
}

resource "aws_route_table_association" "this" {
  count          = length(aws_subnet.this)
  subnet_id      = aws_subnet.this[count.index].id
  route_table_id = element(aws_route_table.this[*].id, var.name == "public" ? 0 : count.index)
}

output "subnet_ids" { value = aws_subnet.this[*].id }
output "route_table_ids" { value = aws_route_table.this.*.id }
