resource "aws_vpc_security_group_egress_rule" "more" {
  security_group_id            = aws_security_group.edge.id
  referenced_security_group_id = aws_security_group.data.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}
