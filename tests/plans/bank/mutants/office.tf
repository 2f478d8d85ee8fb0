resource "aws_vpc" "office" {
  cidr_block = "10.99.0.0/16"
}

resource "aws_subnet" "office" {
  vpc_id     = aws_vpc.office.id
  cidr_block = "10.99.1.0/24"
}

resource "aws_security_group" "office" {
  vpc_id = aws_vpc.office.id
  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_instance" "office" {
  ami                         = "ami-0123456789abcdef0"
  instance_type               = "t4g.small"
  subnet_id                   = aws_subnet.office.id
  vpc_security_group_ids      = [aws_security_group.office.id]
  associate_public_ip_address = false
  root_block_device {
    encrypted = true
  }
}

resource "aws_vpc_peering_connection" "office" {
  vpc_id      = aws_vpc.main.id
  peer_vpc_id = aws_vpc.office.id
  auto_accept = true
}

resource "aws_route" "to_office" {
  route_table_id            = aws_route_table.data.id
  destination_cidr_block    = "10.99.0.0/16"
  vpc_peering_connection_id = aws_vpc_peering_connection.office.id
}

resource "aws_route" "from_office" {
  route_table_id            = aws_vpc.office.main_route_table_id
  destination_cidr_block    = var.network
  vpc_peering_connection_id = aws_vpc_peering_connection.office.id
}

resource "aws_vpc_security_group_ingress_rule" "office" {
  security_group_id = aws_security_group.data.id
  cidr_ipv4         = "10.99.0.0/16"
  ip_protocol       = "tcp"
  from_port         = 5432
  to_port           = 5432
}
