"""What differs between two topologies, or between two environments of one, in their own words."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from caisson.topology.model import Topology
from caisson.topology.part import in_environment
from caisson.topology.records import Record, Value, records, relative, without

_Records = dict[tuple[str, str], Record]


class Difference(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class FactChange:
    """One fact of a changed thing; None where it has no value."""

    name: str
    before: Value
    after: Value


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs. `kind` is a word such as `replica set`; `facts` is filled when
    the thing is there before and after.
    """

    kind: str
    id: str
    difference: Difference
    facts: tuple[FactChange, ...] = ()


def diff(before: Topology, after: Topology) -> tuple[Change, ...]:
    """Return what is added, removed or changed, by kind and id.

    Order and source lines do not count: moving a paragraph of the estate changes nothing.
    """
    return _compare(records(before), records(after))


def between(topology: Topology, one: str, other: str) -> tuple[Change, ...]:
    """Return what one would change in environment `one` to make it like `other`.

    Ids are without the environment's name, such as `us-west/blocks`. Addresses always differ
    between environments and do not count.
    """
    return _compare(_inside(topology, one), _inside(topology, other))


def _inside(topology: Topology, environment: str) -> Iterator[Record]:
    for record in records(in_environment(topology, environment)):
        yield without(relative(record, environment), "address")


def _compare(before: Iterable[Record], after: Iterable[Record]) -> tuple[Change, ...]:
    old, new = _by_key(before), _by_key(after)
    changes = (_change(key, old.get(key), new.get(key)) for key in sorted(old.keys() | new.keys()))
    return tuple(change for change in changes if change)


def _by_key(items: Iterable[Record]) -> _Records:
    return {(each.kind, each.id): each for each in items}


def _change(key: tuple[str, str], before: Record | None, after: Record | None) -> Change | None:
    if before is None:
        return Change(*key, Difference.ADDED)
    if after is None:
        return Change(*key, Difference.REMOVED)
    facts = tuple(
        FactChange(name, value, after.facts.get(name))
        for name, value in before.facts.items()
        if value != after.facts.get(name)
    )
    return Change(*key, Difference.CHANGED, facts) if facts else None
