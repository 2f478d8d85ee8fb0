# The network of a shop, by itself. plan.json is what `terraform show -json` says of its first plan.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
  backend "local" { path = "../states/network.tfstate" }
}

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  default_tags {
    tags = { Environment = var.environment }
  }
}

variable "environment" {
  default = "production"
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "private" {
  count      = 2
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.${count.index}.0/24"
}

output "vpc_id" {
  value = aws_vpc.main.id
}

output "subnet_ids" {
  value = aws_subnet.private[*].id
}

output "first" {
  value = { id = aws_subnet.private[0].id, cidr = aws_vpc.main.cidr_block }
}

output "domain" {
  value = "shop.example"
}

output "secret" {
  value     = aws_vpc.main.arn
  sensitive = true
}
