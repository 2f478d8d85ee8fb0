"""What Caisson asks for where nobody wrote promises.

Every one of these is worth having in nearly every cloud, and whoever wants another one writes a
promise file. What the topology has nothing of is not asked for, unless something there was not
understood; promises about places are made for the places that there are.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import combinations

from caisson.estate.promises import Promise, PromiseFile
from caisson.prove.hidden import may_hide_data
from caisson.prove.lasting import LASTING
from caisson.prove.sides import environments
from caisson.prove.subjects import SERVING
from caisson.prove.world import World
from caisson.topology.resources import Gap, Question, Rest, Way

# Among more environments than these, every pair would say the same many times.
_MOST_ENVIRONMENTS = 4
# Whose place says where data is at home: copies of it are what may be elsewhere.
_HOMES = frozenset({Rest.STORE, Rest.SEARCH, Rest.FILES, Rest.QUEUE, Rest.STREAM})

_Written = Mapping[str, object]

_CLOSED: _Written = {
    "name": "stores-closed-to-the-internet",
    "open to internet": [],
    "of": "stores",
}
_ONLY_WEB: _Written = {"name": "only-web-ports-are-open", "open to internet": [80, 443]}
_NOT_PUBLIC: _Written = {"name": "no-public-stores", "public": []}
_ENCRYPTED: _Written = {"name": "encrypted-at-rest", "encrypted": ["at rest"]}
# A daily backup is more than a day old before the next one is there: its window counts too.
_BACKED_UP: _Written = {"name": "stores-survive-their-own-loss", "lose": "store", "rpo": "2d"}


def default_promises(world: World) -> tuple[Promise, ...]:
    """Return the default set for a topology."""
    written = [*_about_what_is_there(world), *_residencies(world), *_isolations(world)]
    return tuple(PromiseFile.model_validate({"promises": written}).promises)


def _about_what_is_there(world: World) -> Iterator[_Written]:
    topology = world.topology
    faces = bool(topology.network.interfaces or topology.network.forwards)
    stores = [each for each in topology.holdings if each.rest in SERVING]
    lasting = any(each.rest in LASTING and each.durable for each in stores)
    facing = any(world.parts_of.get(each.resource) for each in stores)
    hides_data = may_hide_data(world)
    asked = (
        (facing, Question.REACHABILITY, hides_data, _CLOSED),
        (faces, Question.REACHABILITY, _anything, _ONLY_WEB),
        (bool(topology.holdings), Question.EXPOSURE, hides_data, _NOT_PUBLIC),
        (bool(topology.holdings), Question.ENCRYPTION, hides_data, _ENCRYPTED),
        (lasting, Question.RECOVERABILITY, hides_data, _BACKED_UP),
    )
    for there, question, matters, promise in asked:
        # Of a topology that is empty everything is asked, and nothing told.
        if there or world.gaps[question].those(matters) or not topology.resources:
            yield promise


def _anything(gap: Gap) -> bool:
    del gap
    return True


def _residencies(world: World) -> Iterator[_Written]:
    """Data does not leave the jurisdiction that it is at home in, unless everybody is given it."""
    published = list(dict.fromkeys(_published(world)))
    homes = {
        each.jurisdiction
        for each in world.topology.holdings
        if each.rest in _HOMES and each.jurisdiction is not None and each.sure
        if each.id not in published
    }
    for home in sorted(homes):
        name = f"{home}-data-stays-in-{home}"
        yield {"name": name, "tenants": home, "data stays in": home, "except": published}


def _published(world: World) -> Iterator[str]:
    """Yield the stores that a content delivery network gives to everybody."""
    for each in world.topology.movements:
        edges = world.holdings.get(each.target)
        delivered = each.way is Way.DELIVERY and edges is not None and edges.public is not False
        if delivered and each.source in world.holdings:
            yield each.source


def _isolations(world: World) -> Iterator[_Written]:
    """Environments share nothing but, as in most clouds, an account."""
    seen = environments(world)[:_MOST_ENVIRONMENTS]
    for number, (one, other) in enumerate(combinations(seen, 2), start=1):
        # Tags are free text, and names of promises are not.
        name = re.sub(r"[^a-z0-9-]+", "-", f"apart-{number}-{one}-and-{other}".lower())[:40]
        yield {"name": name, "isolate": [one, other], "except": ["account"]}
