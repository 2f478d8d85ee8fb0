resource "aws_secretsmanager_secret_policy" "partner" {
  secret_arn = aws_secretsmanager_secret.partner.arn
  policy     = aws_vpc.main.owner_id
}
