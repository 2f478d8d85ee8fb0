"""The things of the map and the lines between them, as documents."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from caisson.cli.views.map_places import Atlas
from caisson.topology.model import FlowKind
from caisson.topology.network import Interface
from caisson.topology.resources import Holding, Resource, Rest
from caisson.topology.truth import any_of

_Json = dict[str, Any]
_Line = tuple[str, str, str, str]  # from, to, kind, what to say of it

# Names that tell nothing by themselves; the module around them does.
_NAMELESS = frozenset({"this", "main", "default", "self", "these"})
_MODULE = re.compile(r'module\.([\w-]+)(?:\[(?:"([^"]*)"|\d+)\])?\.')
# What only has these beside it is not a store: it is what it does.
_BESIDE = frozenset({Rest.DISK, Rest.LOG, Rest.BACKUP})


def label(name: str, resource: Resource | None) -> str:
    """Return what to call a thing: its name, or its module's when its name tells nothing."""
    short = resource.name if resource else name.rpartition("/")[2] or name
    if short not in _NAMELESS:
        return short
    modules = _MODULE.findall(name)
    return (modules[-1][1] or modules[-1][0]) if modules else short


def things(atlas: Atlas) -> dict[str, _Json]:
    """Return what is told of each thing, by its id."""
    network = atlas.topology.network
    does = (
        dict.fromkeys((atlas.base(each.owner) for each in network.forwards), "entrance")
        | dict.fromkeys((each.gateway for each in network.transit_tables), "gateway")
        | dict.fromkeys((each.id for each in atlas.topology.keys), "key")
    )
    cards: dict[str, list[Interface]] = defaultdict(list)
    for card in network.interfaces:
        cards[atlas.base(card.owner)].append(card)
    return {
        each: _component(each, atlas)
        if each in atlas.components
        else _thing(each, atlas, does.get(each, "program"), cards)
        for each in atlas.things
    }


def _component(name: str, atlas: Atlas) -> _Json:
    component = atlas.components[name]
    return {
        "name": component.name,
        "type": component.system,
        "kind": component.kind.value,
        "source": str(component.source),
    }


def _thing(name: str, atlas: Atlas, does: str, cards: Mapping[str, Sequence[Interface]]) -> _Json:
    kept = atlas.holdings.get(name, ())
    main = next((each for each in kept if each.id == name), None)
    if main is None and not {each.rest for each in kept} <= _BESIDE:
        main = kept[0]
    resource = atlas.resources.get(name)
    return {
        "name": label(name, resource),
        "type": resource.type if resource else "",
        "kind": main.rest.value if main else does,
        "system": main.system if main else "",
        "environment": resource.environment if resource else None,
        "source": str(resource.source) if resource else None,
        "public": main.public if main else None,
        "addressed": _addressed(name, cards),
        "encrypted": main.encrypted if main else None,
        "parts": [_part(each) for each in kept if each is not main],
    }


def _part(holding: Holding) -> _Json:
    return {
        "name": holding.id.removeprefix(f"{holding.resource}/"),
        "kind": holding.rest.value,
        "encrypted": holding.encrypted,
    }


def _addressed(name: str, cards: Mapping[str, Sequence[Interface]]) -> bool | None:
    """Tell whether the internet can send to it: it has a public address, surely or perhaps."""
    return any_of(card.public for card in cards.get(name, ()))


def lines(atlas: Atlas) -> list[_Json]:
    """Return what joins two places of the map, whatever is promised of it."""
    found = dict.fromkeys((*_joined(atlas), *_moved(atlas)))
    return [
        {"from": source, "to": target, "kind": kind, "says": says}
        for source, target, kind, says in found
        if source != target
    ]


def _joined(atlas: Atlas) -> Iterator[_Line]:
    network = atlas.topology.network
    for peering in network.peerings:
        if set(peering.vpcs) <= atlas.vpcs.keys():
            yield (*peering.vpcs, "joined", "peering")
    for each in network.transit_attachments:
        if each.peer in atlas.vpcs:
            yield each.peer, each.gateway, "joined", "attached"
    for forward in network.forwards:
        yield atlas.base(forward.owner), atlas.base(forward.target), "forward", "forwards"


def _moved(atlas: Atlas) -> Iterator[_Line]:
    topology = atlas.topology
    for each in topology.movements:
        yield atlas.base(each.source), atlas.base(each.target), "data", each.way.value
    for use in topology.uses:
        if (user := atlas.base(use.user)) in atlas.things:
            yield user, atlas.base(use.used), "use", use.why
    for holding in topology.holdings:
        yield from ((holding.resource, key, "use", "encrypted with") for key in holding.keys)
    for flow in topology.flows:
        if flow.kind is FlowKind.REPLICATION:
            yield flow.source, flow.target, "data", flow.kind.value
