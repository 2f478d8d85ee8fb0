"""What was written, as a plan would have it: plain values, and UNKNOWN."""

from collections.abc import Mapping

from caisson.terraform.hcl.syntax import Body
from caisson.terraform.hcl.values import Bag, Tied, Value, is_plain
from caisson.terraform.model import UNKNOWN

# What Terraform reads itself, and no provider. Inside of a block these are names like others: the
# rules of a backup plan have a `lifecycle`.
_META = frozenset(("count", "for_each", "provider", "depends_on", "lifecycle", "provisioner"))
_META |= {"connection"}


def names_of_resource(body: object) -> list[str]:
    """Return the names of attributes and nested blocks that belong to the provider."""
    return [each for each in names_in(body) if each not in _META]


def names_in(body: object) -> list[str]:
    """Return the names of attributes and nested blocks in a nested block, or in any."""
    if isinstance(body, Mapping):
        return [str(each) for each in body]
    if not isinstance(body, Body):
        return []
    kinds = (each.labels[0] if each.type == "dynamic" else each.type for each in body.blocks)
    return list(dict.fromkeys((*body.attributes, *kinds)))


def known(value: Value) -> object:
    """Return a plain JSON value, with UNKNOWN for what is known only after apply."""
    match value:
        case Tied():
            return str(value)
        case list():
            return [known(each) for each in value]
        case Bag(items, True, True):
            return [known(each) for each in items]
        case dict() if all(isinstance(key, str) for key in value):
            return {str(key): known(each) for key, each in value.items()}
        case _:
            return value if is_plain(value) else UNKNOWN
