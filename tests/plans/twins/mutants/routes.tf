resource "aws_route" "there" {
  route_table_id            = module.production.routes
  destination_cidr_block    = "10.2.0.0/16"
  vpc_peering_connection_id = aws_vpc_peering_connection.both.id
}

resource "aws_route" "back" {
  route_table_id            = module.staging.routes
  destination_cidr_block    = "10.1.0.0/16"
  vpc_peering_connection_id = aws_vpc_peering_connection.both.id
}
