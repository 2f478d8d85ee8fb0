resource "aws_vpc_peering_connection" "both" {
  vpc_id      = module.production.vpc
  peer_vpc_id = module.staging.vpc
  auto_accept = true
}
