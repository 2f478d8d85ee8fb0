resource "aws_instance" "jump" {
  ami                         = "ami-0123456789abcdef0"
  instance_type               = "t4g.small"
  subnet_id                   = aws_subnet.app[0].id
  vpc_security_group_ids      = [aws_vpc.main.arn == "later" ? aws_security_group.app.id : aws_security_group.edge.id]
  associate_public_ip_address = false
  root_block_device {
    encrypted = true
  }
}
