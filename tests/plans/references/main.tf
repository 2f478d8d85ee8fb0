# Each way in which one thing can name another. plan.json beside it was made of this by
#   terraform init && terraform plan -out=PLAN && terraform show -json PLAN > plan.json
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "region" {
  default = "eu-west-1"
}
variable "more_groups" {
  default = ["sg-0123456789abcdef0"]
}
variable "password" {
  default   = "a-secret-nobody-may-see"
  sensitive = true
}
variable "nothing" {
  default = null
}

provider "aws" {
  region                      = var.region
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}
provider "aws" {
  alias                       = "us"
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

locals {
  zones = ["a", "b", "c"]
  first = aws_subnet.counted[0].id
  ports = { http = 80, https = 443 }
  vpc   = aws_vpc.main.id
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}
resource "aws_internet_gateway" "main" {
  vpc_id = local.vpc
}
resource "aws_subnet" "counted" {
  count             = 3
  vpc_id            = local.vpc
  cidr_block        = cidrsubnet(aws_vpc.main.cidr_block, 8, count.index)
  availability_zone = "eu-west-1${local.zones[count.index]}"
}
resource "aws_subnet" "keyed" {
  for_each   = { x = 10, y = 11 }
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.${each.value}.0/24"
}

# by key
resource "aws_route_table" "keyed" {
  for_each = aws_subnet.keyed
  vpc_id   = each.value.vpc_id
}
resource "aws_route_table_association" "keyed" {
  for_each       = aws_subnet.keyed
  subnet_id      = aws_subnet.keyed[each.key].id
  route_table_id = aws_route_table.keyed[each.key].id
}

# by index, straight and shifted: a plan does not tell them apart
resource "aws_route_table" "counted" {
  count  = 3
  vpc_id = aws_vpc.main.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main.id
  }
}
resource "aws_route_table_association" "straight" {
  count          = 3
  subnet_id      = aws_subnet.counted[count.index].id
  route_table_id = aws_route_table.counted[count.index].id
}
resource "aws_route_table_association" "shifted" {
  count          = 3
  subnet_id      = aws_subnet.counted[(count.index + 1) % 3].id
  route_table_id = element(aws_route_table.counted[*].id, count.index + 1)
}

# blocks: written, merged into one expression, and dynamic
resource "aws_security_group" "web" {
  vpc_id = aws_vpc.main.id
  dynamic "ingress" {
    for_each = local.ports
    content {
      from_port       = ingress.value
      to_port         = ingress.value
      protocol        = "tcp"
      security_groups = [aws_security_group.balancer.id]
    }
  }
}
resource "aws_security_group" "balancer" {
  vpc_id = aws_vpc.main.id
}
resource "aws_ecs_service" "main" {
  name = "main"
  load_balancer {
    container_name   = "a"
    container_port   = 1
    target_group_arn = aws_lb_target_group.a.arn
  }
  load_balancer {
    container_name   = "b"
    container_port   = 2
    target_group_arn = aws_lb_target_group.b.arn
  }
}
resource "aws_lb_target_group" "a" {
  vpc_id   = aws_subnet.keyed["x"].vpc_id
  port     = 80
  protocol = "HTTP"
}
resource "aws_lb_target_group" "b" {
  vpc_id   = aws_vpc.main.id
  port     = 80
  protocol = "HTTP"
}

# sets: a plan hides the literals in them, and whether they were filtered
resource "aws_instance" "literal" {
  ami                    = "ami-0123456789abcdef0"
  instance_type          = "t3.micro"
  subnet_id              = local.first
  vpc_security_group_ids = ["sg-0fedcba9876543210", aws_security_group.web.id]
  user_data              = var.password
}
resource "aws_instance" "chosen" {
  ami                    = "ami-0123456789abcdef0"
  instance_type          = "t3.micro"
  subnet_id              = length(aws_subnet.counted) > 1 ? aws_subnet.counted[1].id : aws_subnet.keyed["x"].id
  vpc_security_group_ids = concat([aws_security_group.web.id], var.more_groups)
}
resource "aws_instance" "default" {
  ami                    = "ami-0123456789abcdef0"
  instance_type          = "t3.micro"
  subnet_id              = var.region == "nowhere" ? aws_subnet.keyed["x"].id : null
  vpc_security_group_ids = var.nothing
}
resource "aws_db_subnet_group" "filtered" {
  subnet_ids = [for each in aws_subnet.counted : each.id if each.availability_zone != "eu-west-1a"]
}
resource "aws_lb" "all" {
  subnets         = aws_subnet.counted[*].id
  security_groups = [aws_security_group.balancer.id]
}
resource "aws_db_instance" "main" {
  identifier           = "main"
  instance_class       = "db.t3.micro"
  engine               = "postgres"
  allocated_storage    = 10
  username             = "main"
  password             = var.password
  db_subnet_group_name = aws_db_subnet_group.filtered.name
}

# modules
module "part" {
  source   = "./part"
  for_each = toset(["p", "q"])
  vpc_id   = aws_vpc.main.id
  subnets  = aws_subnet.counted[*].id
  groups   = { web = aws_security_group.web.id, balancer = aws_security_group.balancer.id }
  providers = {
    aws       = aws
    aws.other = aws.us
  }
}
resource "aws_security_group_rule" "between" {
  security_group_id        = module.part["p"].group
  source_security_group_id = module.part["q"].group
  type                     = "ingress"
  from_port                = 1
  to_port                  = 1
  protocol                 = "tcp"
}
resource "aws_security_group_rule" "each" {
  for_each                 = module.part
  security_group_id        = each.value.group
  source_security_group_id = module.part[each.key].group
  type                     = "ingress"
  from_port                = 1
  to_port                  = 1
  protocol                 = "tcp"
}

# names, which are known before anything is there
resource "aws_s3_bucket" "main" {
  bucket   = "some-bucket-of-ours"
  provider = aws.us
}
resource "aws_s3_bucket_versioning" "main" {
  bucket   = aws_s3_bucket.main.bucket
  provider = aws.us
  versioning_configuration {
    status = "Enabled"
  }
}
resource "aws_s3_bucket_policy" "main" {
  bucket   = aws_s3_bucket.main.id
  provider = aws.us
  policy   = data.aws_iam_policy_document.main.json
}
data "aws_iam_policy_document" "main" {
  statement {
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.main.arn]
  }
}
resource "terraform_data" "program" {
  input = aws_instance.chosen.id
  provisioner "local-exec" {
    command = "true"
  }
}
resource "aws_ssm_parameter" "password" {
  name  = "password"
  type  = "SecureString"
  value = "prefix-${var.password}"
}

output "password" {
  value     = var.password
  sensitive = true
}
