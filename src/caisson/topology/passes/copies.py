"""Copies: every place where data of a jurisdiction's tenants comes to rest.

Followed over the movements, not read off the declaration: data rests in the primaries of the
jurisdiction's home, and in whatever it moves to from there.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace

from caisson.estate.sources import Source
from caisson.topology.declaration import Declaration
from caisson.topology.following import follow, leading
from caisson.topology.model import Component, Copy, Topology
from caisson.topology.passes.holdings import store_of
from caisson.topology.resources import Holding, Movement


def copies(declared: Declaration, so_far: Topology) -> Topology:
    """Add the copies, jurisdiction by jurisdiction and nearest to the home first."""

    def home(jurisdiction: str) -> Source:
        return declared.sources.at("jurisdictions", jurisdiction, "home")

    return replace(so_far, copies=tuple(closed(so_far, home)))


def closed(so_far: Topology, home: Callable[[str], Source]) -> Iterator[Copy]:
    """Yield every copy; `home` tells where it stands that a jurisdiction has its home there."""
    places = _places(so_far)
    onward = leading(so_far.movements)
    homes: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in so_far.replica_sets:
        homes[each.environment, each.jurisdiction].append(each.primary)
    for (_, jurisdiction), primaries in homes.items():
        for name, movement in follow(primaries, onward).arrived.items():
            yield _copy(jurisdiction, *places[name], *_arrival(movement, home(jurisdiction)))


def _places(so_far: Topology) -> dict[str, tuple[Component, Holding]]:
    """Return each holding by its id, beside the component whose data it has."""
    components = {component.id: component for component in so_far.components}
    return {each.id: (components[store_of(each.id)], each) for each in so_far.holdings}


def _arrival(movement: Movement | None, home: Source) -> tuple[str, Source]:
    """Return how data comes to rest somewhere, and where that is declared."""
    return ("declared home", home) if movement is None else (movement.via, movement.declared)


def _copy(
    tenants_of: str, component: Component, holding: Holding, via: str, source: Source
) -> Copy:
    return Copy(
        store=component.name,
        environment=component.environment,
        tenants_of=tenants_of,
        component=holding.id,
        jurisdiction=holding.jurisdiction,
        via=via,
        source=source,
    )
