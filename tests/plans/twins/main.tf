# Two environments that are alike and apart. plan.json beside it was made of this by
#   terraform init && terraform plan -out=PLAN && terraform show -json PLAN > plan.json
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

module "production" {
  source  = "./cell"
  name    = "production"
  network = "10.1.0.0/16"
}

module "staging" {
  source  = "./cell"
  name    = "staging"
  network = "10.2.0.0/16"
}
