"""Roles and replica sets: what follows what, by the movements of data."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from caisson.terraform.reading import Reading
from caisson.terraform.recognition.things import SEARCH, Thing
from caisson.topology.declaration import REPLICATED
from caisson.topology.model import Component, ReplicaSet, Role
from caisson.topology.resources import Movement, Way

Followed = Mapping[str, Movement | None]


def following(
    things: Sequence[Thing], movements: Iterable[Movement], reading: Reading
) -> dict[str, Movement | None]:
    """Return what follows another copy of the same store, by resource; how, where it is told."""
    by_resource = {each.resource: each.component for each in things}
    found: dict[str, Movement | None] = {}
    for each in movements:
        one, other = by_resource.get(each.source), by_resource.get(each.target)
        if each.way is Way.REPLICATION and each.sure and _alike(one, other):
            found[each.target] = each
    for source, target in _connected(reading):
        if _alike(by_resource.get(source), by_resource.get(target)):
            found.setdefault(target, None)
    return found


def _alike(one: Component | None, other: Component | None) -> bool:
    return one is not None and other is not None and _store(one) == _store(other)


def _store(component: Component) -> tuple[str, str | None, str]:
    return component.environment, component.jurisdiction, component.name


def _connected(reading: Reading) -> Iterator[tuple[str, str]]:
    """Yield the domains of which one may follow the other's indexes, by the connection it asks for.

    Which it follows is told to the domain itself, and to nobody else.
    """
    for each in reading.of("aws_opensearch_outbound_connection"):
        local, remote = each.block("local_domain_info"), each.block("remote_domain_info")
        if local is not None and remote is not None:
            here = local.link("domain_name", SEARCH).only
            there = remote.link("domain_name", SEARCH).only
            if here is not None and there is not None:
                yield there, here


def with_roles(things: Iterable[Thing], followed: Followed) -> tuple[Thing, ...]:
    """Return the things, in which what follows another is a standby."""
    return tuple(
        replace(each, component=replace(each.component, role=Role.STANDBY))
        if each.resource in followed
        else each
        for each in things
    )


def replica_sets(things: Iterable[Thing], followed: Followed) -> tuple[ReplicaSet, ...]:
    """Return the copies of each replicated store; one with two primaries is two sets."""
    of_store: dict[tuple[str, str | None, str], list[Thing]] = {}
    for each in things:
        if each.component.system in REPLICATED:
            of_store.setdefault(_store(each.component), []).append(each)
    return tuple(one for every in of_store.values() for one in _sets(every, followed))


def _sets(things: Sequence[Thing], followed: Followed) -> Iterator[ReplicaSet]:
    standbys = [each for each in things if each.component.role is Role.STANDBY]
    for each in things:
        primary = each.component
        if primary.role is Role.PRIMARY:
            yield ReplicaSet(
                primary.environment,
                primary.jurisdiction or "",
                primary.name,
                primary.system,
                _how(standbys, followed),
                1,
                None,
                primary.id,
                tuple(one.component.id for one in standbys),
                primary.source,
            )


def _how(standbys: Iterable[Thing], followed: Followed) -> str:
    """Return `sync` when nothing that was acknowledged can be missing in a standby."""
    ways = [followed[each.resource] for each in standbys]
    waits = ways and all(each is not None and each.lag_most_s == 0 for each in ways)
    return "sync" if waits else "async"
