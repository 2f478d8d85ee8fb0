"""What Caisson asks for where nobody wrote promises.

Every one of these is worth having in nearly every cloud, and whoever wants another one writes a
promise file. Promises about places are made for the places that the topology has.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations

from caisson.estate.model import (
    Encrypted,
    Isolation,
    Lose,
    OpenToInternet,
    Promise,
    Public,
    Residency,
)
from caisson.prove.sides import environments
from caisson.prove.subjects import STORES
from caisson.prove.world import World
from caisson.topology.resources import Rest

NOTE = "no promises were given: these are Caisson's defaults"
_DAY = 86400.0
# Among more environments than these, every pair would say the same many times.
_MOST_ENVIRONMENTS = 4
# Whose place says where data is at home: copies of it are what may be elsewhere.
_HOMES = frozenset({Rest.STORE, Rest.SEARCH, Rest.FILES, Rest.QUEUE, Rest.STREAM})


def default_promises(world: World) -> tuple[Promise, ...]:
    """Return the default set for a topology."""
    return (
        OpenToInternet.model_validate(
            {"name": "stores-closed-to-the-internet", "open to internet": [], "of": [STORES]}
        ),
        Public(name="no-public-stores", public=[]),
        Encrypted(name="encrypted-at-rest", encrypted=["at rest"]),
        OpenToInternet.model_validate(
            {"name": "only-web-ports-are-open", "open to internet": [80, 443]}
        ),
        Lose(name="stores-survive-their-own-loss", lose="store", rpo=_DAY),
        *_residencies(world),
        *_isolations(world),
    )


def _residencies(world: World) -> Iterator[Promise]:
    """Data does not leave the jurisdiction that it is at home in."""
    homes = Counter(
        each.jurisdiction for each in world.topology.holdings if each.rest in _HOMES and each.sure
    )
    for jurisdiction in sorted(filter(None, homes)):
        yield Residency.model_validate(
            {
                "name": f"{jurisdiction}-data-stays-in-{jurisdiction}",
                "tenants": jurisdiction,
                "data stays in": jurisdiction,
            }
        )


def _isolations(world: World) -> Iterator[Promise]:
    """Environments share nothing but, as in most clouds, an account."""
    seen = environments(world)
    for number, (one, other) in enumerate(combinations(seen[:_MOST_ENVIRONMENTS], 2), start=1):
        yield Isolation.model_validate(
            {
                "name": _name(f"apart-{number}-{one}-and-{other}"),
                "isolate": [one, other],
                "except": ["account"],
            }
        )


def _name(text: str) -> str:
    """Return a name that a promise may have: tags are free text."""
    return re.sub(r"[^a-z0-9-]+", "-", text.lower())[:40]
