"""Nested blocks that a plan does not show, and the text tells.

Where one value in what a `dynamic` block goes through is unknown, a plan shows none of the blocks
that it makes. How many there will be, and most of what is in them, stands in the text all the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from caisson.terraform.hcl.bodies import NotTold, Written, blocks_of
from caisson.terraform.hcl.links import SourceLinks
from caisson.terraform.hcl.plain import known, names_in
from caisson.terraform.hcl.syntax import Body
from caisson.terraform.hcl.values import Exhausted, Undefined
from caisson.terraform.masking import mask_secrets
from caisson.terraform.model import UNKNOWN, Instance

_NOT_TOLD = (NotTold, Undefined, Exhausted, RecursionError)
Values = Mapping[str, object]


def shown(instances: Iterable[Instance], links: SourceLinks) -> dict[str, Instance]:
    """Return those instances of which the text tells blocks that are unknown, with these."""
    found: dict[str, Instance] = {}
    written: dict[tuple[object, ...], list[str]] = {}
    for each in instances:
        resource = (each.module, each.mode, each.type, each.name)
        if (names := written.get(resource)) is None:
            text = links.text_of(each.address)
            names = written[resource] = text.block_names() if text else []
        if not any(_may_hide(each.values.get(name)) for name in names):
            continue
        text = links.text_of(each.address)
        values = _filled(text, each.values, links) if text else each.values
        if values is not each.values:
            found[each.address] = replace(each, values=values)
    return found


def _may_hide(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(map(_may_hide, value.values()))
    return value is UNKNOWN or (isinstance(value, list) and any(map(_may_hide, value)))


def _filled(text: Written, planned: Values, links: SourceLinks) -> Values:
    """Return the planned values with the blocks that the text tells; the same when it tells none.

    A block within another is looked for where just one text can be that of the block around it.
    """
    if not isinstance(text.body, Body):
        return planned
    told: dict[str, object] = {}
    for name in text.block_names():
        value = planned.get(name)
        if value is UNKNOWN:
            told |= _told(text, name, links)
        elif isinstance(value, list) and _may_hide(value):
            inner = _inside(text, name, value, links)
            if inner is not value:
                told[name] = inner
    return {**planned, **told} if told else planned


def _told(text: Written, name: str, links: SourceLinks) -> dict[str, object]:
    links.begin()
    try:
        blocks = [_values(each) for each in text.blocks(name)]
    except _NOT_TOLD:
        return {}
    for each in blocks:
        mask_secrets(each)
    return {name: blocks}


def _values(text: Written) -> dict[str, object]:
    found: dict[str, object] = {}
    for name in names_in(text.body):
        if isinstance(text.body, Body) and name not in text.body.attributes:
            found[name] = [_values(each) for each in text.blocks(name)]
        else:
            found[name] = known(text.value(name))
    return found


def _inside(text: Written, name: str, planned: list[object], links: SourceLinks) -> list[object]:
    links.begin()
    try:
        fitting = blocks_of(text, name, planned)
    except _NOT_TOLD:
        return planned
    found = [
        _filled(one, each, links) if one is not None and isinstance(each, Mapping) else each
        for one, each in zip(fitting, planned, strict=True)
    ]
    same = all(one is other for one, other in zip(found, planned, strict=True))
    return planned if same else found
