# Accounts of customers

resource "aws_db_subnet_group" "main" {
  name       = var.name
  subnet_ids = aws_subnet.data[*].id
}

resource "aws_db_parameter_group" "tls" {
  family = "postgres16"
  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }
}

resource "aws_db_instance" "ledger" {
  identifier                  = "${var.name}-ledger"
  engine                      = "postgres"
  engine_version              = "16.3"
  instance_class              = "db.t4g.medium"
  allocated_storage           = 100
  username                    = "bank"
  manage_master_user_password = true
  db_subnet_group_name        = aws_db_subnet_group.main.name
  vpc_security_group_ids      = [aws_security_group.data.id]
  parameter_group_name        = aws_db_parameter_group.tls.name
  multi_az                    = true
  storage_encrypted           = true
  kms_key_id                  = aws_kms_key.main.arn
  backup_retention_period     = 35
  delete_automated_backups    = false
  deletion_protection         = true
  publicly_accessible         = false
}

resource "aws_vpc" "standby" {
  provider   = aws.standby
  cidr_block = cidrsubnet(var.network, 4, 15)
}

resource "aws_subnet" "standby" {
  provider   = aws.standby
  count      = 2
  vpc_id     = aws_vpc.standby.id
  cidr_block = cidrsubnet(aws_vpc.standby.cidr_block, 4, count.index)
}

resource "aws_security_group" "standby" {
  provider = aws.standby
  name     = "${var.name}-standby"
  vpc_id   = aws_vpc.standby.id
}

resource "aws_db_subnet_group" "standby" {
  provider   = aws.standby
  name       = "${var.name}-standby"
  subnet_ids = aws_subnet.standby[*].id
}

resource "aws_db_parameter_group" "standby" {
  provider = aws.standby
  family   = "postgres16"
  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }
}

resource "aws_db_instance" "standby" {
  provider               = aws.standby
  identifier             = "${var.name}-standby"
  replicate_source_db    = aws_db_instance.ledger.arn
  instance_class         = "db.t4g.medium"
  db_subnet_group_name   = aws_db_subnet_group.standby.name
  vpc_security_group_ids = [aws_security_group.standby.id]
  parameter_group_name   = aws_db_parameter_group.standby.name
  storage_encrypted      = true
  kms_key_id             = aws_kms_replica_key.standby.arn
  publicly_accessible    = false
  skip_final_snapshot    = true
}

resource "aws_db_instance_automated_backups_replication" "ledger" {
  provider               = aws.standby
  source_db_instance_arn = aws_db_instance.ledger.arn
  kms_key_id             = aws_kms_replica_key.standby.arn
  retention_period       = 35
}

resource "aws_dynamodb_table" "cards" {
  name                        = "${var.name}-cards"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "id"
  stream_enabled              = true
  stream_view_type            = "NEW_AND_OLD_IMAGES"
  deletion_protection_enabled = true
  attribute {
    name = "id"
    type = "S"
  }
  point_in_time_recovery {
    enabled = true
  }
  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.main.arn
  }
}

resource "aws_dynamodb_table_replica" "cards" {
  provider               = aws.standby
  global_table_arn       = aws_dynamodb_table.cards.arn
  kms_key_arn            = aws_kms_replica_key.standby.arn
  point_in_time_recovery = true
}

# Documents

resource "aws_s3_bucket" "documents" {
  bucket = "bank-${var.name}-documents"
}

resource "aws_s3_bucket_versioning" "documents" {
  bucket = aws_s3_bucket.documents.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "documents" {
  bucket                  = aws_s3_bucket.documents.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "documents" {
  bucket = aws_s3_bucket.documents.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.main.arn
    }
  }
}

resource "aws_s3_bucket_policy" "documents" {
  bucket = aws_s3_bucket.documents.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.documents.arn, "${aws_s3_bucket.documents.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_s3_bucket" "standby" {
  provider = aws.standby
  bucket   = "bank-${var.name}-standby"
}

resource "aws_s3_bucket_versioning" "standby" {
  provider = aws.standby
  bucket   = aws_s3_bucket.standby.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "standby" {
  provider                = aws.standby
  bucket                  = aws_s3_bucket.standby.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "standby" {
  provider = aws.standby
  bucket   = aws_s3_bucket.standby.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.standby.arn, "${aws_s3_bucket.standby.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_iam_role" "replication" {
  name = "${var.name}-replication"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = ["s3.amazonaws.com", "backup.amazonaws.com"] }
    }]
  })
}

resource "aws_s3_bucket_replication_configuration" "documents" {
  bucket = aws_s3_bucket.documents.id
  role   = aws_iam_role.replication.arn
  rule {
    id     = "everything"
    status = "Enabled"
    filter {}
    delete_marker_replication {
      status = "Enabled"
    }
    destination {
      bucket = aws_s3_bucket.standby.arn
      encryption_configuration {
        replica_kms_key_id = aws_kms_replica_key.standby.arn
      }
      metrics {
        status = "Enabled"
        event_threshold {
          minutes = 15
        }
      }
      replication_time {
        status = "Enabled"
        time {
          minutes = 15
        }
      }
    }
    source_selection_criteria {
      sse_kms_encrypted_objects {
        status = "Enabled"
      }
    }
  }
}

# What is made of these

resource "aws_elasticache_subnet_group" "main" {
  name       = var.name
  subnet_ids = aws_subnet.data[*].id
}

resource "aws_elasticache_replication_group" "sessions" {
  replication_group_id       = "${var.name}-sessions"
  description                = "sessions"
  engine                     = "redis"
  engine_version             = "7.1"
  node_type                  = "cache.t4g.small"
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  multi_az_enabled           = true
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  transit_encryption_mode    = "required"
  kms_key_id                 = aws_kms_key.main.arn
  subnet_group_name          = aws_elasticache_subnet_group.main.name
  security_group_ids         = [aws_security_group.data.id]
}

resource "aws_sns_topic" "payments" {
  name              = "${var.name}-payments"
  kms_master_key_id = aws_kms_key.main.arn
}

resource "aws_sns_topic_policy" "payments" {
  arn = aws_sns_topic.payments.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sns:*"
      Resource  = aws_sns_topic.payments.arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_sqs_queue" "payments" {
  name              = "${var.name}-payments"
  kms_master_key_id = aws_kms_key.main.arn
}

resource "aws_sqs_queue_policy" "payments" {
  queue_url = aws_sqs_queue.payments.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = aws_sqs_queue.payments.arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_sns_topic_subscription" "payments" {
  topic_arn = aws_sns_topic.payments.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.payments.arn
}

resource "aws_secretsmanager_secret" "partner" {
  name       = "${var.name}/partner"
  kms_key_id = aws_kms_key.main.arn
}
