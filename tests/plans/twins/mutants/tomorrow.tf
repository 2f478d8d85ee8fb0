resource "aws_bridge_of_tomorrow" "both" {
  vpcs = [module.production.vpc, module.staging.vpc]
}
