"""What a JSON text in an attribute names: `{"deadLetterTargetArn": "..."}`."""

from collections.abc import Mapping

from caisson.terraform.model import UNKNOWN, Link
from caisson.terraform.reading import Block


def json_link(block: Block, attribute: str, key: str, *types: str) -> Link:
    """Return what `key` of the object in `attribute` names; nothing when nobody wrote it."""
    if not block.written(attribute):
        return Link()
    document = block.document(attribute)
    if document is UNKNOWN:
        return block.link(attribute, *types)
    arn = document.get(key) if isinstance(document, Mapping) else None
    if not isinstance(arn, str):
        return Link()
    found = block.reading.links.named(arn, types)
    return Link(found) if found else Link(outside=(arn,))
