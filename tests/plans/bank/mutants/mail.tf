resource "aws_sns_topic_subscription" "mail" {
  topic_arn = aws_sns_topic.payments.arn
  protocol  = "email"
  endpoint  = "office@bank.example"
}
