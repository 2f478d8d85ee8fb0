# A shop on one VPC. plan.json and before.json beside it were made of this by
#   terraform init && terraform plan -out=PLAN && terraform show -json PLAN > plan.json
#   terraform plan -var office_only=true -out=PLAN && terraform show -json PLAN > before.json
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "password" {
  default   = "a-secret-nobody-may-see"
  sensitive = true
}

variable "office_only" {
  default = false
}

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
  default_tags {
    tags = { Environment = "production" }
  }
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_subnet" "public" {
  for_each          = { a = "10.0.1.0/24", b = "10.0.2.0/24" }
  vpc_id            = aws_vpc.main.id
  cidr_block        = each.value
  availability_zone = "eu-central-1${each.key}"
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.main.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main.id
  }
}

resource "aws_route_table_association" "public" {
  for_each       = aws_subnet.public
  subnet_id      = each.value.id
  route_table_id = aws_route_table.public.id
}

module "orders" {
  source   = "./database"
  vpc      = aws_vpc.main.id
  subnets  = [for each in aws_subnet.public : each.id]
  password = var.password
  from     = var.office_only ? ["203.0.113.7/32"] : ["0.0.0.0/0"]
}

resource "aws_sns_topic" "events" {
  for_each = toset(["cancelled", "ordered", "paid"])
  name     = each.key
}

resource "aws_s3_bucket" "invoices" {
  bucket = "shop-invoices"
}

resource "aws_s3_bucket_public_access_block" "invoices" {
  bucket                  = aws_s3_bucket.invoices.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_ssm_parameter" "password" {
  name  = "/shop/password"
  type  = "SecureString"
  value = var.password
}
