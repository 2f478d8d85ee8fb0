terraform {
  required_providers {
    aws = {
      source                = "hashicorp/aws"
      configuration_aliases = [aws.other]
    }
  }
}

variable "vpc_id" {
  type = string
}
variable "subnets" {
  type = list(string)
}
variable "groups" {
  type = object({ web = string, balancer = string })
}

locals {
  two = slice(var.subnets, 0, 2)
}

resource "aws_security_group" "own" {
  vpc_id = var.vpc_id
}
resource "aws_network_interface" "own" {
  count           = length(local.two)
  subnet_id       = local.two[count.index]
  security_groups = [var.groups.web]
}
resource "aws_sns_topic" "there" {
  provider = aws.other
}

output "group" {
  value = aws_security_group.own.id
}
