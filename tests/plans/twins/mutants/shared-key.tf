resource "aws_kms_key" "shared" {}
