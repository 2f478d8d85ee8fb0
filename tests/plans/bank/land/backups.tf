resource "aws_backup_vault" "main" {
  name        = var.name
  kms_key_arn = aws_kms_key.main.arn
}

resource "aws_backup_vault_lock_configuration" "main" {
  backup_vault_name   = aws_backup_vault.main.name
  changeable_for_days = 3
  min_retention_days  = 30
}

resource "aws_backup_vault" "standby" {
  provider    = aws.standby
  name        = var.name
  kms_key_arn = aws_kms_replica_key.standby.arn
}

resource "aws_backup_plan" "main" {
  name = var.name
  rule {
    rule_name         = "hourly"
    target_vault_name = aws_backup_vault.main.name
    schedule          = "cron(0 * * * ? *)"
    start_window      = 60
    completion_window = 120
    lifecycle {
      delete_after = 35
    }
    copy_action {
      destination_vault_arn = aws_backup_vault.standby.arn
      lifecycle {
        delete_after = 35
      }
    }
  }
}

resource "aws_backup_selection" "main" {
  name         = var.name
  plan_id      = aws_backup_plan.main.id
  iam_role_arn = aws_iam_role.replication.arn
  resources = [
    aws_efs_file_system.statements.arn,
    aws_db_instance.ledger.arn,
    aws_dynamodb_table.cards.arn,
  ]
}

resource "aws_efs_file_system" "statements" {
  encrypted  = true
  kms_key_id = aws_kms_key.main.arn
}

resource "aws_efs_file_system_policy" "statements" {
  file_system_id = aws_efs_file_system.statements.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "*"
      Resource  = aws_efs_file_system.statements.arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_efs_mount_target" "statements" {
  count           = 3
  file_system_id  = aws_efs_file_system.statements.id
  subnet_id       = aws_subnet.data[count.index].id
  security_groups = [aws_security_group.data.id]
}

resource "aws_opensearch_domain" "search" {
  domain_name    = "${var.name}-search"
  engine_version = "OpenSearch_2.13"
  cluster_config {
    instance_type          = "t3.medium.search"
    instance_count         = 3
    zone_awareness_enabled = true
    zone_awareness_config {
      availability_zone_count = 3
    }
  }
  ebs_options {
    ebs_enabled = true
    volume_size = 20
  }
  encrypt_at_rest {
    enabled    = true
    kms_key_id = aws_kms_key.main.arn
  }
  node_to_node_encryption {
    enabled = true
  }
  domain_endpoint_options {
    enforce_https       = true
    tls_security_policy = "Policy-Min-TLS-1-2-2019-07"
  }
  vpc_options {
    subnet_ids         = aws_subnet.data[*].id
    security_group_ids = [aws_security_group.data.id]
  }
}
