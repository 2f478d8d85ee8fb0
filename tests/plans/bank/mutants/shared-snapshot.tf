resource "aws_db_snapshot" "ledger" {
  db_instance_identifier = aws_db_instance.ledger.identifier
  db_snapshot_identifier = "ledger"
  shared_accounts        = ["all"]
}
