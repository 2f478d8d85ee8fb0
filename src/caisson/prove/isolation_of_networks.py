"""Whether packets of one environment arrive in the other."""

from collections.abc import Collection, Iterator, Mapping

from caisson.prove.answers import cut
from caisson.prove.certificate import Listed, Passed
from caisson.prove.findings import Findings
from caisson.prove.gaps import settled_by
from caisson.prove.model import Fact
from caisson.prove.packets import tracer
from caisson.prove.sides import Side, neither
from caisson.prove.ways import Way
from caisson.prove.world import World


def findings(world: World, one: Side, other: Side) -> Findings:
    """Return the ways from either into the other, direct ones and those by what is of neither."""
    ways = world.ways.paths_between(one.members, other.members)
    ways |= world.ways.paths_between(other.members, one.members)
    between = (*_idle(one, other), *_bridges(world, one, other), *_worlds(world, one, other))
    unsure = (
        *_facts(world, ways.perhaps, ways.perhaps_count, "may be able to"),
        *_forwarded(world, one, other, sure=False),
    )
    sure = _facts(world, ways.sure, ways.sure_count, "can")
    passed_on = _forwarded(world, one, other, sure=True)
    return Findings(
        why=() if ways or passed_on or between else tuple(_apart(world, one, other)),
        against=(*sure, *passed_on),
        open=(*unsure, *cut(between)),
        remedy=_remedy(ways.sure, one, other)
        or ("forward to targets of one's own environment" if passed_on else "")
        or settled_by((*unsure, *between)),
        certificate=_certificate(world, ways.sure, one, other),
    )


def _certificate(world: World, sure: Collection[Way], one: Side, other: Side) -> Passed | Listed:
    """Return a packet of each way; when there is none, who was tried."""
    trace = tracer(world)
    packets = (trace.witness(w.source, w.target, w.ports, sure=True) for w in sure)
    if passed := tuple(each for each in packets if each):
        return Passed(passed)
    return Listed(
        tuple((name, "member of", s.name) for s in (one, other) for name in sorted(s.members))
    )


def _forwarded(world: World, one: Side, other: Side, *, sure: bool) -> tuple[Fact, ...]:
    """Say what one side forwards into the other; for that it needs no address in a network."""
    return cut(
        [
            Fact(
                f"{each.owner} {'forwards' if sure else 'may forward'} what arrives to "
                f"{each.target}",
                each.source,
            )
            for each in world.topology.network.forwards
            if each.sure is sure
            and (
                (each.owner in one and each.target in other)
                or (each.owner in other and each.target in one)
            )
        ]
    )


def _facts(world: World, ways: Collection[Way], count: int, can: str) -> tuple[Fact, ...]:
    told = [_fact(world, each, can) for each in ways]
    more = count - len(ways)
    return (*told, Fact(f"and so for {more} more")) if more else tuple(told)


def _fact(world: World, way: Way, can: str) -> Fact:
    text = f"{way.source} {can} open {way.ports} at {way.target}"
    return Fact(text, world.source_of(way.target))


def _apart(world: World, one: Side, other: Side) -> Iterator[Fact]:
    """Say how many were tried, and what joins the two nevertheless."""
    owners = world.ways.reach.owners
    counts = [sum(name in owners for name in each.members) for each in (one, other)]
    yield Fact(
        f"no packet passes between the {counts[0]} network members of {one.name} and the "
        f"{counts[1]} of {other.name}, on any port, in either direction",
        one.source,
    )
    outside = neither(world, one, other)
    if outside:
        yield Fact(
            f"{len(outside)} things that keep data or send packets are of no environment, such as "
            f"{outside[0].id}: they were looked at only as a way between the two",
            outside[0].source,
        )
    for each in world.topology.network.peerings:
        ends = [next((s.name for s in (one, other) if v in s), None) for v in each.vpcs]
        if None not in ends and len(set(ends)) > 1:
            text = f"{each.id} joins them, and routes or rules refuse what would pass"
            yield Fact(text, each.source)


def _idle(one: Side, other: Side) -> Iterator[Fact]:
    """Name a side of which nothing was tried, for it keeps no data and sends no packets."""
    for each in (one, other):
        if not each.holdings and not each.members:
            text = f"nothing of {each.name} that keeps data or sends packets was read"
            yield Fact(text, each.source)


def _bridges(world: World, one: Side, other: Side) -> Iterator[Fact]:
    """Name what is of neither, and may stand between: who is let in here may go on there."""
    outside = {
        part: each
        for each in neither(world, one, other)
        for part in world.parts_of.get(each.id, ())
    }
    ends = {each.name: world.ways.neighbours(each.members, outside) for each in (one, other)}
    for name in ends[one.name].keys() & ends[other.name].keys():
        yield Fact(
            f"{name} is said to be of no environment, and has connections with both: "
            f"{ends[one.name][name]} and {ends[other.name][name]}",
            outside[name].source,
        )


def _worlds(world: World, one: Side, other: Side) -> Iterator[Fact]:
    """Name the networks that were not read, and from which something may come into both."""
    known = [_from_worlds(world, each) for each in (one, other)]
    for name in sorted(known[0].keys() & known[1].keys()):
        first, second = known[0][name], known[1][name]
        yield Fact(
            f"what lies behind {name} was not read, and may lead from one to the other: "
            f"it reaches {first} and {second}",
            world.source_of(second),
        )


def _from_worlds(world: World, side: Side) -> Mapping[str, str]:
    reach = world.ways.reach
    return {
        name: each
        for each in sorted(side.members)
        if each in reach.owners
        for name in reach.from_worlds(each)
    }


def _remedy(sure: Collection[Way], one: Side, other: Side) -> str:
    if not sure:
        return ""
    first = next(iter(sure))
    return (
        f"take away what lets {first.source} into {first.target}: a rule of the security groups "
        f"of {first.target}, or the route between {one.name} and {other.name}"
    )
