resource "aws_instance" "jump" {
  ami                         = "ami-0123456789abcdef0"
  instance_type               = "t4g.small"
  subnet_id                   = aws_subnet.public[0].id
  vpc_security_group_ids      = [aws_security_group.jump.id]
  associate_public_ip_address = true
  root_block_device {
    encrypted = true
  }
}
