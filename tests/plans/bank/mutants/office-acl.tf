resource "aws_network_acl_rule" "open" {
  for_each       = toset(["in", "out"])
  network_acl_id = aws_network_acl.data.id
  rule_number    = 200
  egress         = each.key == "out"
  protocol       = "-1"
  rule_action    = "allow"
  cidr_block     = "10.99.0.0/16"
}
