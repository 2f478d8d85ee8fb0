output "vpc" {
  value = aws_vpc.main.id
}

output "routes" {
  value = aws_route_table.main.id
}

output "own_key" {
  value = aws_kms_key.main.arn
}

output "queue" {
  value = aws_sqs_queue.orders.arn
}
