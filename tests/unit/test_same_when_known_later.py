"""Two environments of one text are alike, unless something that matters is known only later.

Each text is written for both environments; one value of it is then the result of a program that
has not run yet, which may be another in each of them.
"""

import pytest

from caisson.estate.model import Same
from caisson.estate.sources import Source
from caisson.prove import consistency
from caisson.prove.model import Decision
from caisson.prove.world import World
from caisson.terraform.read import read_configuration
from caisson.topology.places import Places

PROMISE = Same(name="alike", same=["production", "staging"])
LATER = "data.external.later.result"
HEAD = """
provider "aws" {
  region = "eu-central-1"
}
data "external" "later" {
  program = ["later"]
}
"""
NETWORK = """
resource "aws_vpc" "NAME" {
  cidr_block = "10.0.0.0/16"
  tags       = { Environment = "NAME" }
}
resource "aws_security_group" "NAME" {
  vpc_id = aws_vpc.NAME.id
}
"""
RULE = """
resource "aws_security_group_rule" "NAME" {
  security_group_id = aws_security_group.NAME.id
  type              = "ingress"
  protocol          = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_blocks       = ["10.0.9.0/24"]
}
"""
ROUTES = """
resource "aws_route_table" "NAME" {
  vpc_id = aws_vpc.NAME.id
}
resource "aws_route" "NAME" {
  route_table_id         = aws_route_table.NAME.id
  destination_cidr_block = "10.7.0.0/16"
  transit_gateway_id     = "tgw-1"
}
"""
ACL = """
resource "aws_network_acl" "NAME" {
  vpc_id = aws_vpc.NAME.id
}
resource "aws_network_acl_rule" "NAME" {
  network_acl_id = aws_network_acl.NAME.id
  rule_number    = 100
  rule_action    = "allow"
  protocol       = "tcp"
  from_port      = 80
  to_port        = 80
  cidr_block     = "0.0.0.0/0"
}
"""
BALANCER = """
resource "aws_subnet" "NAME" {
  vpc_id     = aws_vpc.NAME.id
  cidr_block = "10.0.1.0/24"
}
resource "aws_lb" "NAME" {
  internal        = true
  subnets         = [aws_subnet.NAME.id]
  security_groups = [aws_security_group.NAME.id]
}
resource "aws_lb_listener" "NAME" {
  load_balancer_arn = aws_lb.NAME.arn
  port              = 443
  protocol          = "HTTPS"
  default_action {
    type = "forward"
  }
}
"""
BUCKET = """
resource "aws_s3_bucket" "NAME" {
  tags = { Environment = "NAME" }
}
resource "aws_s3_bucket_versioning" "NAME" {
  bucket = aws_s3_bucket.NAME.id
  versioning_configuration {
    status = "Enabled"
  }
}
resource "aws_s3_bucket_logging" "NAME" {
  bucket        = aws_s3_bucket.NAME.bucket
  target_bucket = aws_s3_bucket.NAME.arn
  target_prefix = "log/"
}
"""
BACKUP = """
resource "aws_efs_file_system" "NAME" {
  encrypted = true
  tags      = { Environment = "NAME" }
}
resource "aws_backup_vault" "NAME" {
  name = "NAME"
  tags = { Environment = "NAME" }
}
resource "aws_backup_plan" "NAME" {
  name = "NAME"
  rule {
    rule_name         = "daily"
    target_vault_name = aws_backup_vault.NAME.name
    schedule          = "cron(0 5 * * ? *)"
    start_window      = 60
    lifecycle {
      delete_after = 14
    }
  }
}
resource "aws_backup_selection" "NAME" {
  name         = "NAME"
  iam_role_arn = "arn:aws:iam::123456789012:role/backup"
  plan_id      = aws_backup_plan.NAME.id
  resources    = [aws_efs_file_system.NAME.arn]
}
"""
CACHE = """
resource "aws_elasticache_replication_group" "NAME" {
  engine                     = "redis"
  snapshot_retention_limit   = 5
  snapshot_window            = "03:00-05:00"
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  tags                       = { Environment = "NAME" }
}
"""


def asked(production: str, staging: str) -> Decision:
    text = HEAD + production.replace("NAME", "production") + staging.replace("NAME", "staging")
    topology = read_configuration("estate", {"main.tf": text.encode()}, Places())
    (verdict,) = consistency.decide(
        PROMISE, Source("promises.yaml", 1, 1), World(topology, Places())
    )
    return verdict.decision


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(
            (NETWORK + RULE, each)
            for each in (
                '"10.0.0.0/16"',
                "aws_security_group.NAME.id",
                '"ingress"',
                '"tcp"',
                '["10.0.9.0/24"]',
            )
        ),
        *(
            (NETWORK + ROUTES, each)
            for each in ("aws_route_table.NAME.id", '"10.7.0.0/16"', '"10.0.0.0/16"')
        ),
        *((NETWORK + ACL, each) for each in ("aws_network_acl.NAME.id", "100", '"allow"')),
        *((NETWORK + BALANCER, each) for each in ("aws_lb.NAME.arn", "443", '"forward"', "true")),
        *(
            (BUCKET, each)
            for each in (
                "aws_s3_bucket.NAME.id",
                "aws_s3_bucket.NAME.bucket",
                "aws_s3_bucket.NAME.arn",
                '"Enabled"',
            )
        ),
        *(
            (BACKUP, each)
            for each in (
                "aws_backup_vault.NAME.name",
                "aws_backup_plan.NAME.id",
                "[aws_efs_file_system.NAME.arn]",
                '"cron(0 5 * * ? *)"',
                "60",
                "14",
            )
        ),
        *((CACHE, each) for each in ('"redis"', "5", '"03:00-05:00"')),
    ],
)
def test_nothing_is_alike_by_what_is_known_later(text: str, value: str) -> None:
    later = text.replace(f"= {value}\n", f"= {LATER}\n")
    assert later != text
    assert asked(text, text) is Decision.HOLDS
    assert asked(later, later) is Decision.UNKNOWN
