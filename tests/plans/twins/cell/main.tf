# One environment: a machine that serves, its database, its files and its messages.
variable "name" {}

variable "network" {}

# Of the database; its own when none is given.
variable "key" {
  default = null
}

resource "aws_vpc" "main" {
  cidr_block = var.network
  tags       = { Environment = var.name }
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route_table" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route" "internet" {
  route_table_id         = aws_route_table.main.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.main.id
}

resource "aws_subnet" "main" {
  for_each          = { a = 0, b = 1 }
  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet(var.network, 8, each.value)
  availability_zone = "eu-central-1${each.key}"
}

resource "aws_route_table_association" "main" {
  for_each       = aws_subnet.main
  subnet_id      = each.value.id
  route_table_id = aws_route_table.main.id
}

resource "aws_security_group" "web" {
  name   = "${var.name}-web"
  vpc_id = aws_vpc.main.id
  ingress {
    from_port   = 8443
    to_port     = 8443
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }
  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_security_group" "data" {
  name   = "${var.name}-data"
  vpc_id = aws_vpc.main.id
  ingress {
    from_port       = 5432
    to_port         = 5432
    protocol        = "tcp"
    security_groups = [aws_security_group.web.id]
  }
}

resource "aws_instance" "web" {
  ami                         = "ami-0123456789abcdef0"
  instance_type               = "t4g.small"
  subnet_id                   = aws_subnet.main["a"].id
  vpc_security_group_ids      = [aws_security_group.web.id]
  associate_public_ip_address = false
  root_block_device {
    encrypted  = true
    kms_key_id = aws_kms_key.main.arn
  }
  tags = { Environment = var.name }
}

resource "aws_kms_key" "main" {
  description = var.name
  tags        = { Environment = var.name }
}

resource "aws_db_subnet_group" "main" {
  name       = var.name
  subnet_ids = [for each in aws_subnet.main : each.id]
}

resource "aws_db_instance" "orders" {
  identifier              = "${var.name}-orders"
  engine                  = "postgres"
  engine_version          = "16.3"
  instance_class          = "db.t4g.small"
  allocated_storage       = 20
  username                = "shop"
  password_wo             = "only-written"
  password_wo_version     = 1
  db_subnet_group_name    = aws_db_subnet_group.main.name
  vpc_security_group_ids  = [aws_security_group.data.id]
  multi_az                = true
  storage_encrypted       = true
  kms_key_id              = var.key == null ? aws_kms_key.main.arn : var.key
  backup_retention_period = 14
  tags                    = { Environment = var.name }
}

resource "aws_s3_bucket" "files" {
  bucket = "shop-${var.name}-files"
  tags   = { Environment = var.name }
}

resource "aws_s3_bucket_versioning" "files" {
  bucket = aws_s3_bucket.files.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_sqs_queue" "orders" {
  name              = "${var.name}-orders"
  kms_master_key_id = aws_kms_key.main.arn
  tags              = { Environment = var.name }
}
