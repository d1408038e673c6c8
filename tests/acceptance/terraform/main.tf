# What the acceptance test applies, plans again and destroys. The endpoint, Region, CA bundle and credentials come from
# the environment, as `ringwall env` prints it.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {}

data "aws_availability_zones" "here" {
  state = "available"
}

data "aws_caller_identity" "me" {}

resource "aws_vpc" "shop" {
  cidr_block           = "10.80.0.0/16"
  enable_dns_hostnames = true
  tags                 = { Name = "shop" }
}

resource "aws_subnet" "shop" {
  count             = 2
  vpc_id            = aws_vpc.shop.id
  cidr_block        = cidrsubnet(aws_vpc.shop.cidr_block, 8, count.index)
  availability_zone = data.aws_availability_zones.here.names[count.index]
}

resource "aws_security_group" "database" {
  name        = "database"
  description = "answers the network it is in"
  vpc_id      = aws_vpc.shop.id

  ingress {
    from_port   = 5432
    to_port     = 5432
    protocol    = "tcp"
    cidr_blocks = [aws_vpc.shop.cidr_block]
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_kms_key" "shop" {
  description             = "the shop's data"
  deletion_window_in_days = 7
}

resource "aws_db_subnet_group" "shop" {
  name       = "shop"
  subnet_ids = aws_subnet.shop[*].id
}

resource "aws_db_instance" "orders" {
  identifier                          = "orders"
  engine                              = "postgres"
  instance_class                      = "db.t3.micro"
  allocated_storage                   = 20
  db_name                             = "shop"
  username                            = "boss"
  password                            = "correct-horse-battery"
  db_subnet_group_name                = aws_db_subnet_group.shop.name
  vpc_security_group_ids              = [aws_security_group.database.id]
  storage_encrypted                   = true
  kms_key_id                          = aws_kms_key.shop.arn
  iam_database_authentication_enabled = true
  skip_final_snapshot                 = true
  tags                                = { team = "shop" }
}

resource "aws_iam_role" "app" {
  name = "app"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "app" {
  name = "sign-in"
  role = aws_iam_role.app.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "rds-db:connect"
      Resource = "arn:aws:rds-db:*:${data.aws_caller_identity.me.account_id}:dbuser:${aws_db_instance.orders.resource_id}/app"
    }]
  })
}

resource "aws_accessanalyzer_analyzer" "outside" {
  analyzer_name = "outside"
  tags          = { team = "shop" }
}

resource "aws_accessanalyzer_archive_rule" "partner" {
  analyzer_name = aws_accessanalyzer_analyzer.outside.analyzer_name
  rule_name     = "partner"

  filter {
    criteria = "principal.AWS"
    eq       = ["111122223333"]
  }

  filter {
    criteria = "error"
    exists   = false
  }
}

output "endpoint" {
  value = aws_db_instance.orders.endpoint
}
