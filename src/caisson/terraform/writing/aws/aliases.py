"""Aliases of providers that are those of no place; the alias of a place is its label."""

from caisson.terraform.writing.names import label

# What AWS keeps in one region for the whole world is asked for there.
GLOBAL = "global"
GLOBAL_REGION = "us-east-1"


def state_alias(jurisdiction: str) -> str:
    """Return the alias of the provider for the region of a jurisdiction's states."""
    return label("state", jurisdiction)
