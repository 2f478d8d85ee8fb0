terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "name" { type = string }
variable "vpc_id" { type = string }
variable "subnet_ids" { type = list(string) }
variable "clients" { type = map(string) }
variable "admins" { type = set(string) }

locals {
  buckets = toset(["uploads", "exports"])
  zones   = zipmap(["a", "b", "c"], var.subnet_ids)
}

resource "aws_kms_key" "this" {
  description = var.name
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = coalesce(null, aws_kms_key.this.key_id)
}

resource "aws_security_group" "store" {
  name   = "${var.name}-store"
  vpc_id = var.vpc_id

  ingress {
    from_port       = 5432
    to_port         = 5432
    protocol        = "tcp"
    security_groups = setunion(var.admins, values(var.clients))
  }
}

resource "aws_vpc_security_group_ingress_rule" "client" {
  for_each                     = var.clients
  security_group_id            = aws_security_group.store.id
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 2049
  to_port                      = 2049
}

resource "aws_db_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids
}

resource "aws_elasticache_subnet_group" "this" {
  name       = var.name
  subnet_ids = aws_db_subnet_group.this.subnet_ids
}

resource "aws_efs_file_system" "this" {
  kms_key_id = aws_kms_key.this.arn
  encrypted  = true
}

resource "aws_efs_mount_target" "this" {
  for_each        = local.zones
  file_system_id  = aws_efs_file_system.this.id
  subnet_id       = each.value
  security_groups = distinct([aws_security_group.store.id])
}

resource "aws_s3_bucket" "this" {
  for_each = local.buckets
  bucket   = "${var.name}-${each.key}"
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = aws_s3_bucket.this
  bucket   = each.value.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = local.buckets
  bucket   = aws_s3_bucket_versioning.this[each.key].bucket
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = local.buckets
  bucket   = aws_s3_bucket.this[each.value].id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.this.arn
    }
  }
}

resource "aws_sns_topic" "this" {
  for_each          = { for name in local.buckets : name => "${var.name}-${name}" }
  name              = each.value
  kms_master_key_id = aws_kms_key.this.id
}

resource "aws_sqs_queue" "dead" {
  name = "${var.name}-dead"
}

resource "aws_sqs_queue" "this" {
  name              = var.name
  kms_master_key_id = aws_kms_alias.this.target_key_id
}

resource "aws_sns_topic_subscription" "this" {
  for_each  = aws_sns_topic.this
  topic_arn = each.value.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.this.arn
}

resource "aws_secretsmanager_secret" "this" {
  name       = "${var.name}-owner"
  kms_key_id = aws_kms_key.this.id
}

resource "aws_secretsmanager_secret_version" "this" {
  secret_id     = aws_secretsmanager_secret.this.id
  secret_string = "correct-horse-battery"
}
