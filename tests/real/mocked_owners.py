"""Whose a value is, in what was made with mocks: no two things have the same name or ARN there."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mocked_roots import others
from mocked_run import Made
from mocked_values import asked, referred, tells

from caisson.terraform.writing.model import Output, Rendering, Root

_REMOTE = re.compile(r"\$\{data\.terraform_remote_state\.(\w+)\.outputs\.(\w+)\}")


@dataclass(frozen=True)
class Owner:
    """What a value is of a thing, such as `aws_kms_key.arn`, and which thing, in which region."""

    what: str
    address: str
    region: str


class Owners:
    """The owners of all values that a root refers to, its own and those of the roots it needs."""

    def __init__(self, root: Root, rendering: Rendering, made: Made) -> None:
        self._made = made
        self._told = {name: tells(other) for name, other in others(root, rendering).items()}
        self._of: dict[str, set[Owner]] = defaultdict(set)
        for address, attributes in asked(root).items():
            for name in attributes if address in made.values else ():
                for value in _listed(made.values[address].get(name)):
                    self._of[str(value)].add(_owner(root, address, name))
        for name, other in others(root, rendering).items():
            self._add(other, self._told[name])

    def of(self, value: Any) -> set[Owner]:
        return self._of.get(str(value), set())

    def meant(self, text: str) -> list[Any]:
        """Return what a text comes to that is one reference; nothing where it is something else."""
        if found := _REMOTE.fullmatch(text):
            return _listed(self._told[found[1]][found[2]])
        if (reference := referred(text)) and not reference[0].startswith("data."):
            address, attribute = reference
            return _listed(self._made.values.get(address, {}).get(attribute))
        return []

    def _add(self, other: Root, told: dict[str, Any]) -> None:
        for each in other.parts:
            if isinstance(each, Output):
                self._add_output(other, _listed(each.value), _listed(told[each.name]))

    def _add_output(self, other: Root, texts: list[Any], values: list[Any]) -> None:
        # A reference to a list comes to more than one value.
        for text, value in zip(texts * (len(values) // len(texts)), values, strict=True):
            if reference := referred(text):
                self._of[str(value)].add(_owner(other, *reference))


def _owner(root: Root, address: str, attribute: str) -> Owner:
    block = next(each for each in root.blocks if each.address == address)
    return Owner(f"{block.type}.{attribute}", address, region_of(root, block.provider))


def region_of(root: Root, alias: str) -> str:
    return next(each.region for each in root.providers if each.alias == alias)


def _listed(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, list | tuple) else [value]
