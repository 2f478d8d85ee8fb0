"""Aliases of providers that are those of no place; the alias of a place is its label."""

from collections.abc import Iterator

from caisson.terraform.writing.blueprint import Area, Blueprint
from caisson.terraform.writing.names import label

# What AWS keeps in one region for the whole world is asked for there.
GLOBAL = "global"
GLOBAL_REGION = "us-east-1"


def state_alias(jurisdiction: str) -> str:
    """Return the alias of the provider for the region of a jurisdiction's states."""
    return label("state", jurisdiction)


def region_alias(region: str) -> str:
    """Return the alias, in the accounts of the organization, of the provider for a region."""
    return label(region)


def regions(plan: Blueprint) -> tuple[str, ...]:
    """Return every region of AWS that the estate uses, in any of its accounts."""
    found = (region for area in plan.areas for region, _ in _of_area(area, plan))
    return tuple(dict.fromkeys((*found, GLOBAL_REGION)))


def of_environment(environment: str, plan: Blueprint) -> dict[str, str]:
    """Return each region of AWS that an environment uses, once, with an alias for it."""
    found: dict[str, str] = {}
    for area in plan.of_environment(environment):
        for region, alias in _of_area(area, plan):
            found.setdefault(region, alias)
    found.setdefault(GLOBAL_REGION, GLOBAL)
    return found


def _of_area(area: Area, plan: Blueprint) -> Iterator[tuple[str, str]]:
    for place in area.places:
        yield place.aws, place.label
    yield plan.state_region(area.jurisdiction), state_alias(area.jurisdiction)
