"""A topology as plain records, for whatever compares: without order and without source lines."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import chain

from caisson.topology.backups import BackedUp, Repository, RestoreQuestion
from caisson.topology.model import (
    Address,
    Component,
    Copy,
    Credential,
    FlowKind,
    ReplicaSet,
    Site,
    Source,
    Tenant,
    Topology,
)

Value = str | float | tuple[str, ...] | None
_Item = Site | Component | ReplicaSet | Credential | Copy | Tenant | Repository | BackedUp

_KINDS: dict[type[_Item], str] = {
    Site: "site",
    Component: "component",
    ReplicaSet: "replica set",
    Credential: "credential",
    Copy: "copy",
    Tenant: "tenant",
    Repository: "repository",
    BackedUp: "backup",
}
# The facts that are ids, hold ids or quote them.
_REFERENCES = frozenset(
    {"primary", "standbys", "component", "via", "source", "target", "credentials"}
)


@dataclass(frozen=True, slots=True)
class Record:
    """One thing of a topology: its kind in words, its id, and its facts by name."""

    kind: str
    id: str
    facts: dict[str, Value]


def records(topology: Topology) -> Iterator[Record]:
    """Yield everything in `topology`; kind and id together are unique."""
    items: Iterator[_Item] = chain(
        topology.sites,
        topology.components,
        topology.replica_sets,
        topology.credentials,
        topology.copies,
        topology.tenants,
        topology.repositories,
        topology.backed_up,
    )
    for item in items:
        yield Record(_KINDS[type(item)], _id(item), _facts(item))
    yield from _flows(topology)


def without(record: Record, *names: str) -> Record:
    """Return the record without the facts of these names."""
    kept = {name: value for name, value in record.facts.items() if name not in names}
    return Record(record.kind, record.id, kept)


def relative(record: Record, environment: str) -> Record:
    """Return the record as seen from inside its environment, whose name no longer shows."""
    # An id begins with its environment; it stands alone or as a word of a sentence.
    prefix = re.compile(rf"(?<!\S){re.escape(environment)}/")
    facts = {
        name: _without_prefix(value, prefix) if name in _REFERENCES else value
        for name, value in record.facts.items()
        if name != "environment"
    }
    return Record(record.kind, prefix.sub("", record.id), facts)


def _without_prefix(value: Value, prefix: re.Pattern[str]) -> Value:
    match value:
        case str():
            return prefix.sub("", value)
        case tuple():
            return tuple(prefix.sub("", each) for each in value)
        case _:
            return value


def _id(item: _Item) -> str:
    match item:
        case Copy():
            return f"{item.tenants_of} in {item.component}"
        case Tenant():
            return f"{item.environment}/{item.name}"
        case _:
            return item.id


def _facts(item: _Item) -> dict[str, Value]:
    facts = ((each.name, getattr(item, each.name)) for each in fields(item))
    return {name: _plain(value) for name, value in facts if not isinstance(value, Source)}


def _plain(value: str | float | Address | tuple[str | RestoreQuestion, ...] | None) -> Value:
    match value:
        case Address() | str():  # enumerations are strings too; their plain text is meant
            return str(value)
        case tuple():
            return tuple(sorted(map(str, value)))
        case _:
            return value


def _flows(topology: Topology) -> Iterator[Record]:
    """Yield one record for each pair of ends, since several credentials may go the same way."""
    credentials: dict[tuple[FlowKind, str, str], list[str]] = defaultdict(list)
    for flow in topology.flows:
        used = credentials[flow.kind, flow.source, flow.target]
        used.extend([flow.credential] if flow.credential else [])
    for (kind, source, target), used in credentials.items():
        yield Record(
            "flow",
            f"{kind} {source} -> {target}",
            {"source": source, "target": target, "credentials": tuple(sorted(used))},
        )
