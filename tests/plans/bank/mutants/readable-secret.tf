resource "aws_secretsmanager_secret_policy" "partner" {
  secret_arn = aws_secretsmanager_secret.partner.arn
  policy = jsonencode({
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = "secretsmanager:GetSecretValue"
      Resource  = aws_secretsmanager_secret.partner.arn
    }]
  })
}
