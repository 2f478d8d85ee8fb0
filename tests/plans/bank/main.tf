# A bank in two jurisdictions, each with a home region and a standby: what `caisson check` can
# prove, all of it proved. plan.json beside it was made of this by
#   terraform init && terraform plan -out=PLAN && terraform show -json PLAN > plan.json
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  alias                       = "frankfurt"
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

provider "aws" {
  alias                       = "dublin"
  region                      = "eu-west-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

provider "aws" {
  alias                       = "oregon"
  region                      = "us-west-2"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

provider "aws" {
  alias                       = "ohio"
  region                      = "us-east-2"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

module "eu" {
  source  = "./land"
  name    = "eu"
  network = "10.10.0.0/16"
  zones   = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
  providers = {
    aws         = aws.frankfurt
    aws.standby = aws.dublin
  }
}

module "us" {
  source  = "./land"
  name    = "us"
  network = "10.20.0.0/16"
  zones   = ["us-west-2a", "us-west-2b", "us-west-2c"]
  providers = {
    aws         = aws.oregon
    aws.standby = aws.ohio
  }
}
