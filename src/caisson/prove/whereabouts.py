"""Where the things are that data moves between: what was read, and what is only named."""

from dataclasses import dataclass

from caisson.prove.world import World
from caisson.topology.arns import place_named
from caisson.topology.resources import GLOBAL


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """None where it cannot be told; `read` is False for what is only named."""

    region: str | None = None
    account: str | None = None
    jurisdiction: str | None = None
    read: bool = False
    everywhere: bool = False  # a delivery network's edges


def whereabouts(world: World, name: str) -> Whereabouts:
    """Return where a holding, a key, a resource, or what its name tells is."""
    known = world.holdings.get(name) or world.keys.get(name) or world.subjects.resources.get(name)
    if known is not None:
        law = known.jurisdiction or world.places.jurisdiction(known.region)
        return Whereabouts(known.region, known.account, law, True, known.region == GLOBAL)
    region, account = place_named(name)
    return Whereabouts(region, account, world.places.jurisdiction(region))


def other_account(one: str | None, other: str | None) -> bool | None:
    """Return whether two accounts are not the same; names of unknown ones tell nothing."""
    if one is None or other is None:
        return None
    if one == other:
        return False
    return True if one.isdigit() and other.isdigit() else None
