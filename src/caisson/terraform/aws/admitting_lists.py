"""Settings and access control lists by which a thing lets others in besides its policy."""

from collections.abc import Iterator

from caisson.terraform.aws.attached import named
from caisson.terraform.aws.doors import LISTS
from caisson.terraform.aws.hidden import hidden
from caisson.terraform.aws.presence import unset
from caisson.terraform.aws.s3_access import without_lists
from caisson.terraform.aws.s3_parts import ACL, BUCKET, OBJECTS, buckets
from caisson.terraform.model import Mode
from caisson.terraform.reading import Block

_OF_BUCKETS = frozenset((BUCKET, ACL, *OBJECTS))


def open_lists(block: Block) -> Iterator[str]:
    """Yield the attributes of `block` that may let somebody in."""
    type_ = block.instance.type
    if type_ in _OF_BUCKETS and _idle(block):
        return
    canned = type_ == ACL and not unset(block, "acl")
    for name, closed in LISTS[type_].items():
        # The provider reads back as a policy what a canned list comes to.
        if not (canned and name != "acl") and _opens(block, name, closed):
            yield name


def _opens(block: Block, name: str, closed: tuple[str, ...]) -> bool:
    if hidden(block, name):
        return block.written(name)
    return not unset(block, name) and block.value(name) not in closed


def _idle(block: Block) -> bool:
    """Return whether the owner of the bucket owns all that is in it, so that lists do nothing."""
    link = named(block, "bucket", BUCKET)
    name = block.address if block.instance.type == BUCKET else link.only
    found = block.reading.instances.get(name or "")
    if found is None or found.type != BUCKET or found.mode is not Mode.MANAGED:
        return False
    parts = block.reading.once(buckets)
    return without_lists(block.reading.at(found.address), parts) is True
