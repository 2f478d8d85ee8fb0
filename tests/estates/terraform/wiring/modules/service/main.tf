terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "name" { type = string }
variable "image" { type = string }
variable "instances" { type = number }
variable "subnet_ids" { type = list(string) }
variable "vpc_id" { type = string }
variable "callers" { type = list(string) }
variable "public" { type = bool }
variable "offset" { type = number }
variable "log_key" { type = string }
variable "extra_group_ids" { type = list(string) }
variable "interface" {
  type    = string
  default = null
}

locals {
  ports = concat(
    [for caller in var.callers : { port = 8080, groups = [caller], cidrs = null }],
    [
      { port = 22, groups = null, cidrs = ["10.0.0.0/8"] },
      { port = 8443, groups = [aws_security_group.admin.id], cidrs = null },
    ],
  )
  group_ids = concat([aws_security_group.this.id], var.extra_group_ids)
}

resource "aws_security_group" "admin" {
  name   = "${var.name}-admin"
  vpc_id = var.vpc_id
}

resource "aws_security_group" "this" {
  name   = var.name
  vpc_id = var.vpc_id

  dynamic "ingress" {
    for_each = local.ports
    iterator = rule
    content {
      from_port       = rule.value.port
      to_port         = rule.value.port
      protocol        = "tcp"
      cidr_blocks     = rule.value.cidrs
      security_groups = rule.value.groups
    }
  }

  ingress {
    from_port       = 9090
    to_port         = 9090
    protocol        = "tcp"
    security_groups = [aws_security_group.admin.id]
  }
}

resource "aws_instance" "this" {
  count                  = var.instances
  ami                    = var.image
  instance_type          = "t3.micro"
  subnet_id              = element(var.subnet_ids, count.index + var.offset)
  vpc_security_group_ids = local.group_ids
  iam_instance_profile   = aws_iam_instance_profile.this.name
}

resource "aws_iam_role" "this" {
  name               = var.name
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [] })
}

resource "aws_iam_instance_profile" "this" {
  name = var.name
  role = aws_iam_role.this.name
}

data "aws_iam_policy_document" "own" {
  statement {
    actions   = ["logs:PutLogEvents"]
    resources = [aws_cloudwatch_log_group.this.arn]
  }
}

resource "aws_iam_policy" "own" {
  name   = var.name
  policy = data.aws_iam_policy_document.own.json
}

resource "aws_iam_role_policy_attachment" "own" {
  role       = aws_iam_instance_profile.this.role
  policy_arn = aws_iam_policy.own.arn
}

resource "aws_lb_target_group" "this" {
  name     = substr(var.name, 0, 32)
  port     = 8080
  protocol = "HTTP"
  vpc_id   = aws_security_group.this.vpc_id
}

resource "aws_lb_target_group_attachment" "this" {
  for_each         = { for at, one in aws_instance.this : tostring(at) => one }
  target_group_arn = aws_lb_target_group.this.arn
  target_id        = each.value.id
}

resource "aws_network_interface_attachment" "this" {
  count                = var.public ? 1 : 0
  network_interface_id = var.interface
  instance_id          = aws_instance.this[var.instances - 1 - count.index].id
  device_index         = 1
}

resource "aws_cloudwatch_log_group" "this" {
  name       = "/${var.name}"
  kms_key_id = var.log_key
}

output "security_group_id" { value = try(aws_security_group.this.id, null) }
output "instance_ids" { value = aws_instance.this[*].id }
