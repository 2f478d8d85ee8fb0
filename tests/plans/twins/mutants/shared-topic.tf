resource "aws_sns_topic" "orders" {
  name = "orders"
}

resource "aws_sns_topic_subscription" "both" {
  for_each  = { production = module.production.queue, staging = module.staging.queue }
  topic_arn = aws_sns_topic.orders.arn
  protocol  = "sqs"
  endpoint  = each.value
}
