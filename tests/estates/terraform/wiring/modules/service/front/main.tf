terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "name" { type = string }
variable "vpc_id" { type = string }
variable "subnets" { type = list(string) }
variable "services" { type = list(string) }

resource "aws_security_group" "front" {
  name   = "${var.name}-front"
  vpc_id = var.vpc_id
  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
  egress {
    from_port       = 8080
    to_port         = 8080
    protocol        = "tcp"
    security_groups = [aws_security_group.back.id]
  }
}

resource "aws_security_group" "back" {
  name   = "${var.name}-back"
  vpc_id = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "back" {
  security_group_id            = aws_security_group.back.id
  referenced_security_group_id = aws_security_group.front.id
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
}

resource "aws_network_interface" "this" {
  count           = length(var.subnets)
  subnet_id       = reverse(var.subnets)[count.index]
  security_groups = [aws_security_group.front.id]
}

output "security_group_id" { value = aws_security_group.front.id }
output "backend_group_id" { value = join("", aws_security_group.back.*.id) }
output "interface" { value = length(var.services) > 0 ? aws_network_interface.this[1].id : "" }
