"""What is told of data is so in every world that what was read may turn out to be.

A topology says some things for certain and leaves others open. A world closes all that is open:
what may be there is there or not, what may be anywhere is somewhere, what is late by an unknown
time is late by some time. There, a walker that knows nothing of the prover decides the promise
by trying every way. A promise that holds must be kept in each world, one that is broken in none.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from caisson.estate.model import Lose, Residency
from caisson.estate.sources import Source
from caisson.prove import recoverability_of_resources, residency_of_resources
from caisson.prove.certificate import Chain, Closed, Listed
from caisson.prove.model import Decision, Verdict
from caisson.prove.world import World
from caisson.topology.model import Topology
from caisson.topology.resources import Holding, Key, Movement, Resource, Rest, Way

AT = Source("main.tf", 1)
REGIONS = {"eu-west-1": "eu", "eu-central-1": "eu", "us-east-1": "us"}
ACCOUNTS = ("111111111111", "222222222222")
DAY = 86_400.0
LATE = 1e9
COPYING = frozenset({Way.REPLICATION, Way.BACKUP, Way.COPY})
MANY = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])

maybe = st.sampled_from([True, True, True, False])
answers = st.sampled_from([True, False, None])
regions = st.sampled_from([*REGIONS, *REGIONS, None])
accounts = st.sampled_from([*ACCOUNTS, *ACCOUNTS, None])
STAYS = Residency.model_validate({"name": "stays", "tenants": "eu", "data stays in": "eu"})


@st.composite
def holdings(draw: st.DrawFn, number: int) -> Holding:
    # Two parts of one resource are never apart.
    resource = f"aws_thing.r{number // 2}"
    region = draw(regions)
    return Holding(
        id=f"{resource}/part-{number}",
        resource=resource,
        rest=draw(st.sampled_from([Rest.STORE, Rest.FILES, Rest.REPLICA, Rest.BACKUP])),
        system="postgres",
        region=region,
        account=draw(accounts),
        source=AT,
        jurisdiction=REGIONS.get(region or ""),
        keys=draw(st.sampled_from([(), (), ("key-0",), ("key-1",)])),
        multi_zone=draw(answers),
        deletion_protected=draw(answers),
        versioned=draw(answers),
        sure=draw(maybe),
    )


@st.composite
def movements(draw: st.DrawFn, held: tuple[Holding, ...]) -> Movement:
    least_s, most_s = draw(
        st.sampled_from([(0.0, 0.0), (0.0, 300.0), (DAY, DAY), (DAY, 2 * DAY), (0.0, None)])
    )
    return Movement(
        draw(st.sampled_from([Way.REPLICATION, Way.BACKUP, Way.COPY, Way.LOG])),
        draw(st.sampled_from(held)).id,
        draw(st.sampled_from(held)).id,
        AT,
        lag_least_s=least_s,
        lag_most_s=most_s,
        kept_s=draw(st.sampled_from([None, DAY / 2, DAY, 7 * DAY])),
        sure=draw(maybe),
    )


@st.composite
def topologies(draw: st.DrawFn) -> Topology:
    held = tuple(draw(holdings(number)) for number in range(draw(st.integers(2, 5))))
    keys = tuple(Key(f"key-{number}", draw(accounts), draw(regions), AT) for number in range(2))
    return Topology(
        "main.tf",
        resources=tuple(
            Resource(name, "aws_thing", name, None, None, AT)
            for name in dict.fromkeys(each.resource for each in held)
        ),
        holdings=held,
        movements=tuple(draw(st.lists(movements(held), max_size=7))),
        keys=keys,
    )


@dataclass(frozen=True)
class Closing:
    """Draws one of the worlds that a topology may turn out to be."""

    draw: st.DrawFn

    def world(self, topology: Topology) -> Topology:
        regions: dict[str, str] = {}
        there = [each for each in topology.holdings if each.sure or self.either()]
        ids = {each.id for each in there}
        return replace(
            topology,
            holdings=tuple(self.holding(each, regions) for each in there),
            movements=tuple(
                self.movement(each)
                for each in topology.movements
                if {each.source, each.target} <= ids and (each.sure or self.either())
            ),
            keys=tuple(self.key(each) for each in topology.keys),
        )

    def either(self) -> bool:
        return self.draw(st.booleans())

    def holding(self, holding: Holding, of_resource: dict[str, str]) -> Holding:
        """What is said to be nowhere in particular is together with its resource."""
        together = of_resource.setdefault(holding.resource, self.draw(st.sampled_from([*REGIONS])))
        region = holding.region or together
        return replace(
            holding,
            region=region,
            jurisdiction=REGIONS[region],
            account=holding.account or self.account(holding.resource, of_resource),
            multi_zone=self.told(holding.multi_zone),
            deletion_protected=self.told(holding.deletion_protected),
            # Only of files it is a setting; all else has older states when it says so.
            versioned=self.told(holding.versioned)
            if holding.rest is Rest.FILES
            else bool(holding.versioned),
        )

    def account(self, resource: str, of_resource: dict[str, str]) -> str:
        return of_resource.setdefault(f"{resource} account", self.draw(st.sampled_from(ACCOUNTS)))

    def told(self, value: bool | None) -> bool:
        return self.either() if value is None else value

    def movement(self, movement: Movement) -> Movement:
        most_s = LATE if movement.lag_most_s is None else movement.lag_most_s
        lag_s = self.draw(st.sampled_from([movement.lag_least_s, most_s]))
        return replace(movement, lag_least_s=lag_s, lag_most_s=lag_s)

    def key(self, key: Key) -> Key:
        return replace(
            key,
            region=key.region or self.draw(st.sampled_from([*REGIONS])),
            account=key.account or self.draw(st.sampled_from(ACCOUNTS)),
        )


@st.composite
def seen_and_so(draw: st.DrawFn) -> tuple[Topology, Topology]:
    topology = draw(topologies())
    return topology, Closing(draw).world(topology)


def overall(verdicts: tuple[Verdict, ...]) -> Decision:
    found = {each.decision for each in verdicts}
    for worst in (Decision.BROKEN, Decision.UNKNOWN):
        if worst in found:
            return worst
    return Decision.HOLDS


# Residency


def leaves(world: Topology, origins: set[str]) -> bool:
    """Whether data that is at home in eu comes to rest outside of it."""
    places = {each.id: each.jurisdiction for each in world.holdings}
    reached = {name for name in origins if places.get(name) == "eu"}
    for _ in world.holdings:
        reached |= {each.target for each in world.movements if each.source in reached}
    return any(places[name] != "eu" for name in reached)


def first_hand(topology: Topology) -> set[str]:
    fed = {each.target for each in topology.movements}
    copies = (Rest.REPLICA, Rest.BACKUP)
    return {each.id for each in topology.holdings if each.rest not in copies or each.id not in fed}


@MANY
@given(seen_and_so())
def test_residency_is_so_in_every_world(both: tuple[Topology, Topology]) -> None:
    topology, world = both
    verdicts = residency_of_resources.decide(STAYS, AT, World(topology))
    decision = overall(verdicts)
    event(decision)
    left = leaves(world, first_hand(topology))
    assert not (decision is Decision.HOLDS and left)
    assert not (decision is Decision.BROKEN and not left)


@MANY
@given(topologies())
def test_certificates_of_residency_can_be_looked_up(topology: Topology) -> None:
    places = {each.id: each.jurisdiction for each in topology.holdings}
    sure = {(each.source, each.target) for each in topology.movements if each.sure}
    for verdict in residency_of_resources.decide(STAYS, AT, World(topology)):
        match verdict.certificate:
            case Chain(ids):
                assert verdict.decision is Decision.BROKEN
                assert places[ids[-1]] not in ("eu", None)
                assert places[ids[0]] == "eu"
                assert set(pairwise(ids)) <= sure
            case Closed(origins, reached) if verdict.decision is Decision.HOLDS:
                inside = {name for name, _ in reached}
                assert set(origins) <= inside
                assert all(places[name] == where for name, where in reached)
                for each in topology.movements:
                    if each.source in inside and places[each.source] == "eu":
                        assert each.target in inside


# Recoverability


def ways(world: Topology, start: str) -> Iterator[tuple[Movement, ...]]:
    """Yield every way of copies out of `start` that comes nowhere twice; the empty one first."""
    waiting: list[tuple[Movement, ...]] = [()]
    while waiting:
        way = waiting.pop()
        yield way
        been = {start, *(each.target for each in way)}
        end = way[-1].target if way else start
        waiting += [
            (*way, each)
            for each in world.movements
            if each.source == end and each.target not in been and each.way in COPYING
        ]


def is_left(lose: str, world: Topology, store: Holding, way: tuple[Movement, ...]) -> bool:
    copy = next(each for each in world.holdings if each.id == (way[-1].target if way else store.id))
    keys = {each.id: each for each in world.keys}
    history = any(each.way is not Way.REPLICATION for each in way)
    match lose:
        case "zone":
            return bool(copy.multi_zone) or copy.region != store.region
        case "region":
            places = [copy.region, *(keys[name].region for name in copy.keys)]
            return store.region not in places
        case "account":
            return store.account not in [copy.account, *(keys[name].account for name in copy.keys)]
        case _:
            if not history:
                return bool(copy.versioned)
            alone = copy.resource != store.resource
            return bool(alone or copy.deletion_protected or store.deletion_protected)


def lost(lose: str, rpo_s: float, world: Topology, store: Holding) -> bool:
    """Whether no copy is left that is new enough and still kept."""
    return not any(
        is_left(lose, world, store, way)
        and sum(each.lag_least_s for each in way) <= rpo_s
        and all(each.kept_s is None or each.kept_s >= each.lag_least_s for each in way)
        for way in ways(world, store.id)
    )


@MANY
@given(
    seen_and_so(),
    st.sampled_from(["zone", "region", "account", "store"]),
    st.sampled_from([0.0, 300.0, DAY, 2 * DAY]),
)
def test_recoverability_is_so_in_every_world(
    both: tuple[Topology, Topology], lose: str, rpo_s: float
) -> None:
    topology, world = both
    for store in topology.holdings:
        promise = _promise(lose, rpo_s, store)
        decision = overall(recoverability_of_resources.decide(promise, AT, World(topology)))
        event(f"{lose} {decision}")
        so = next((each for each in world.holdings if each.id == store.id), None)
        if so is None:
            # A store that is not there keeps every promise about itself.
            assert decision is not Decision.BROKEN
        else:
            assert not (decision is Decision.HOLDS and lost(lose, rpo_s, world, so))
            assert not (decision is Decision.BROKEN and not lost(lose, rpo_s, world, so))


def _promise(lose: str, rpo_s: float, store: Holding) -> Lose:
    said: dict[str, Any] = {"name": "survives", "lose": lose, "rpo": f"{rpo_s:g}s"}
    return Lose.model_validate({**said, "of": [store.id]})


@MANY
@given(topologies(), st.sampled_from(["zone", "region", "account", "store"]))
def test_what_recoverability_was_decided_on_can_be_looked_up(topology: Topology, lose: str) -> None:
    held = {each.id: each for each in topology.holdings}
    for store in topology.holdings:
        promise = _promise(lose, DAY, store)
        for verdict in recoverability_of_resources.decide(promise, AT, World(topology)):
            assert isinstance(verdict.certificate, Listed)
            assert store.id in {name for name, _, _ in verdict.certificate.facts}
            for name, field, value in verdict.certificate.facts:
                assert str(getattr(held[name], field)) == value
