# What stands in the network, and knows it by its state alone.
provider "aws" {
  region = "eu-central-1"
}

data "terraform_remote_state" "network" {
  backend = "local"
  config = {
    path = "../states/network.tfstate"
  }
}

locals {
  network = data.terraform_remote_state.network.outputs
}

resource "aws_security_group" "app" {
  vpc_id = local.network.vpc_id
}

resource "aws_db_subnet_group" "app" {
  subnet_ids = local.network.subnet_ids
}

resource "aws_instance" "app" {
  subnet_id = local.network.first.id
}

resource "aws_kms_key" "app" {
  description = data.terraform_remote_state.network.outputs.secret
}

resource "aws_route53_zone" "app" {
  name = local.network.domain
}
