variable "vpc" {}
variable "subnets" {}
variable "password" {}
variable "from" {}

resource "aws_db_subnet_group" "this" {
  name       = "orders"
  subnet_ids = var.subnets
}

resource "aws_security_group" "this" {
  name   = "orders"
  vpc_id = var.vpc
  ingress {
    from_port   = 5432
    to_port     = 5432
    protocol    = "tcp"
    cidr_blocks = var.from
  }
}

resource "aws_db_instance" "this" {
  identifier              = "orders"
  engine                  = "postgres"
  instance_class          = "db.t4g.micro"
  allocated_storage       = 20
  username                = "shop"
  password                = var.password
  publicly_accessible     = true
  storage_encrypted       = true
  backup_retention_period = 7
  skip_final_snapshot     = true
  db_subnet_group_name    = aws_db_subnet_group.this.name
  vpc_security_group_ids  = [aws_security_group.this.id]
}
