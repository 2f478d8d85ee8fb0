"""AWS, made real by Terraform: its program, its folders, and one apply after another."""
