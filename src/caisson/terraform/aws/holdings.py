"""A holding where its resource is."""

from caisson.terraform.reading import Block
from caisson.topology.resources import Holding, Rest


def holding(block: Block, rest: Rest, system: str, *, part: str = "") -> Holding:
    """Return what `block`'s resource holds, in its place; the rest is for `replace` to say."""
    place = block.resource
    return Holding(
        id=f"{block.address}/{part}" if part else block.address,
        resource=block.address,
        rest=rest,
        system=system,
        region=place.region,
        account=place.account,
        source=block.source,
        jurisdiction=place.jurisdiction,
        environment=place.environment,
    )
