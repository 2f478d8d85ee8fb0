# One jurisdiction.
terraform {
  required_providers {
    aws = {
      source                = "hashicorp/aws"
      configuration_aliases = [aws, aws.standby]
    }
  }
}

variable "name" {}

variable "network" {}

variable "zones" {
  type = list(string)
}


# Keys

resource "aws_kms_key" "main" {
  description         = var.name
  multi_region        = true
  enable_key_rotation = true
}

resource "aws_kms_replica_key" "standby" {
  provider        = aws.standby
  primary_key_arn = aws_kms_key.main.arn
}

resource "aws_cloudwatch_metric_alarm" "keys" {
  alarm_name          = "${var.name}-keys"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "Errors"
  namespace           = "Bank"
  period              = 60
  statistic           = "Sum"
  threshold           = 1
}
