# An estate made of every form of wiring that a plan's JSON does not tell by itself: locals,
# outputs of modules two deep, count with an offset, maps and sets, conditions and dynamic blocks.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region                      = var.regions.home
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
  s3_use_path_style           = true
}

provider "aws" {
  alias                       = "standby"
  region                      = var.regions.standby
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
  s3_use_path_style           = true
}

locals {
  name     = "wiring-${var.environment}"
  services = { for name, service in var.services : name => merge({ public = false, instances = 1 }, service) }
  public   = [for name, service in local.services : name if service.public]
  tiers = {
    home    = module.network.subnet_ids
    standby = module.network_standby.subnet_ids
  }
  # Every service may talk to the stores, and the web may talk to every other.
  clients = { for name, service in module.service : name => service.security_group_id }
  callers = { for name in keys(local.services) : name => name == "web" ? [] : [module.front.security_group_id] }
}

module "network" {
  source = "./modules/network"
  name   = local.name
  cidr   = "10.0.0.0/16"
  zones  = slice(data.aws_availability_zones.home.names, 0, 3)
}

module "network_standby" {
  source    = "./modules/network"
  providers = { aws = aws.standby }
  name      = local.name
  cidr      = "10.1.0.0/16"
  zones     = slice(data.aws_availability_zones.standby.names, 0, 2)
  nat       = false
}

data "aws_availability_zones" "home" {}

data "aws_availability_zones" "standby" {
  provider = aws.standby
}

data "aws_ami" "any" {
  most_recent = true
  owners      = ["amazon"]
}

# What is looked up by the id of something that is yet to be made is put off until apply.
data "aws_vpc" "again" {
  id = module.network.vpc_id
}

resource "aws_vpc_peering_connection" "standby" {
  vpc_id      = module.network.vpc_id
  peer_vpc_id = module.network_standby.vpc_id
  peer_region = var.regions.standby
}

resource "aws_route" "to_standby" {
  count                     = length(module.network.route_table_ids)
  route_table_id            = element(module.network.route_table_ids, count.index)
  destination_cidr_block    = module.network_standby.cidr
  vpc_peering_connection_id = aws_vpc_peering_connection.standby.id
}

resource "aws_route" "from_standby" {
  for_each                  = toset(["public", "private"])
  provider                  = aws.standby
  route_table_id            = module.network_standby.tables[each.key]
  destination_cidr_block    = module.network.cidr
  vpc_peering_connection_id = aws_vpc_peering_connection.standby.id
}

module "front" {
  source   = "./modules/service/front"
  name     = local.name
  vpc_id   = data.aws_vpc.again.id
  subnets  = local.tiers["home"].public
  services = local.public
}

module "service" {
  for_each        = local.services
  source          = "./modules/service"
  name            = "${local.name}-${each.key}"
  image           = data.aws_ami.any.id
  instances       = each.value.instances
  subnet_ids      = each.value.public ? local.tiers.home.public : local.tiers.home["private"]
  vpc_id          = module.network.vpc_id
  callers         = local.callers[each.key]
  public          = each.value.public
  interface       = each.value.public ? module.front.interface : null
  offset          = each.value.public ? 0 : 1
  log_key         = one(aws_kms_key.logs[*].arn)
  extra_group_ids = compact([each.value.public ? module.front.backend_group_id : ""])
}

resource "aws_kms_key" "logs" {
  count = var.stores ? 1 : 0
}

module "store" {
  count      = var.stores ? 1 : 0
  source     = "./modules/store"
  name       = local.name
  vpc_id     = module.network.vpc_id
  subnet_ids = flatten([module.network.subnet_ids.data, []])
  clients    = local.clients
  admins     = toset([module.front.security_group_id])
}

resource "aws_security_group_rule" "metrics" {
  for_each                 = local.clients
  type                     = "ingress"
  from_port                = 9100
  to_port                  = 9100
  protocol                 = "tcp"
  security_group_id        = each.value
  source_security_group_id = module.service["worker"].security_group_id
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id       = module.network.vpc_id
  service_name = "com.amazonaws.${var.regions.home}.s3"
  route_table_ids = [
    for tier, table in module.network.tables : table if tier != "public"
  ]
}
