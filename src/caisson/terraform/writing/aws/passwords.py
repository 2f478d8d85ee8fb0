"""Passwords: made anew in every run, kept nowhere but in the secrets that are given them."""

from caisson.terraform.writing.aws.stores import StoreHere
from caisson.terraform.writing.model import Block, Form
from caisson.terraform.writing.names import label

_LETTERS = 40


def password(here: StoreHere, user: str) -> Block:
    """Return a password of letters and digits for a user of a store, which no text has to quote."""
    return Block(
        here.file,
        "aws_secretsmanager_random_password",
        label(here.place.region, here.name, user),
        here.place.label,
        {"password_length": _LETTERS, "exclude_punctuation": True},
        Form.EPHEMERAL,
    )
