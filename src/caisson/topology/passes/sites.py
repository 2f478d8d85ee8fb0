"""Sites: each environment in each region that holds one of its jurisdictions, and its edge."""

from collections.abc import Iterator
from dataclasses import replace

from caisson.topology.declaration import Declaration
from caisson.topology.model import Site, Topology

EDGE = "edge"


def sites(declared: Declaration, so_far: Topology) -> Topology:
    """Add the sites, environment by environment: its regions first, then its edge."""
    used: dict[str, dict[str, None]] = {name: {} for name in declared.estate.environments}
    for placement in declared.placements():
        used[placement.environment].update(dict.fromkeys(placement.regions))
    return replace(
        so_far,
        sites=tuple(
            site
            for environment, regions in used.items()
            for site in _of_environment(declared, environment, regions)
        ),
    )


def _of_environment(
    declared: Declaration, environment: str, regions: dict[str, None]
) -> Iterator[Site]:
    for name in regions:
        # The region's own word counts, not that of the jurisdiction which uses it: this is
        # how a standby outside its jurisdiction is found.
        region = declared.estate.regions.get(name)
        yield Site(
            environment,
            name,
            region.jurisdiction if region else None,
            declared.sources.at("regions", name),
        )
    yield Site(environment, EDGE, None, declared.sources.at("environments", environment))
