"""How two environments of one rendering differ, when what must differ is left out of sight.

Names, accounts, domains and addresses are an environment's own. What is left is what it is like:
sizes, numbers, settings, and what is there at all.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

from caisson.terraform.writing.blueprint import Blueprint
from caisson.terraform.writing.model import Block, Rendering, Value

_NETWORK = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?(?![\d.])")


@dataclass(frozen=True, slots=True)
class Differing:
    """One block that differs: the attributes with both values, or None where it is not there.

    `root` and `address` are without the environment. `only` is the environment that has the
    block, when the other does not.
    """

    root: str
    address: str
    component: str | None
    attributes: Mapping[str, tuple[str | None, str | None]]
    only: str | None = None


def differing(rendering: Rendering, plan: Blueprint, one: str, other: str) -> tuple[Differing, ...]:
    """Return what differs between environments, by root and block, in the order of writing."""
    here, there = (_Side(plan, name).blocks(rendering) for name in (one, other))
    return tuple(
        found
        for key in dict.fromkeys((*here, *there))
        if (found := _compared(key, here.get(key), there.get(key), (one, other))) is not None
    )


_Key = tuple[str, str]
_Flat = dict[str, str]


def _compared(
    key: _Key,
    here: tuple[Block, _Flat] | None,
    there: tuple[Block, _Flat] | None,
    names: tuple[str, str],
) -> Differing | None:
    block = (here or there or (None,))[0]
    component = _component(block) if block is not None else None
    if here is None or there is None:
        return Differing(*key, component, {}, names[1] if here is None else names[0])
    attributes = {
        name: (here[1].get(name), there[1].get(name))
        for name in dict.fromkeys((*here[1], *there[1]))
        if here[1].get(name) != there[1].get(name)
    }
    return Differing(*key, component, attributes) if attributes else None


def _component(block: Block) -> str | None:
    tags = block.body.get("tags")
    found = tags.get("Component") if isinstance(tags, Mapping) else None
    return found if isinstance(found, str) else None


class _Side:
    """One environment, seen from inside."""

    def __init__(self, plan: Blueprint, environment: str) -> None:
        areas = plan.of_environment(environment)
        self._environment = environment
        self._networks = [place.network for area in areas for place in area.places]
        words = [plan.domain(environment), *{each.account for each in areas}, environment]
        longest_first = sorted(map(re.escape, words), key=len, reverse=True)
        # What follows an @ is a person's address, which is no environment's.
        self._own = re.compile(rf"(?<![A-Za-z0-9@])(?:{'|'.join(longest_first)})(?![A-Za-z0-9])")

    def blocks(self, rendering: Rendering) -> dict[_Key, tuple[Block, _Flat]]:
        """Return the environment's blocks by root and address, with their attributes."""
        prefix = f"{self._environment}/"
        return {
            (root.path.removeprefix(prefix), self._plain(block.address)): (
                block,
                dict(self._flat("", block.body)),
            )
            for root in rendering.roots
            if root.path.startswith(prefix)
            for block in root.blocks
        }

    def _flat(self, path: str, value: Value) -> Iterator[tuple[str, str]]:
        """Yield what is written, by dotted paths."""
        if isinstance(value, Mapping):
            for name, inner in value.items():
                yield from self._flat(f"{path}.{self._plain(name)}".lstrip("."), inner)
        elif isinstance(value, str):
            yield path, self._plain(value)
        elif isinstance(value, bool):
            yield path, "true" if value else "false"
        elif isinstance(value, int | float):
            yield path, f"{value:g}"
        elif value is not None and any(isinstance(each, Mapping) for each in value):
            for index, inner in enumerate(value):
                yield from self._flat(f"{path}[{index}]", inner)
        elif value is not None:
            yield path, ", ".join(text for each in value for _, text in self._flat("", each))

    def _plain(self, text: str) -> str:
        """Return a text without the words and addresses of the environment."""
        return _NETWORK.sub(lambda found: self._place(found[0]), self._own.sub("*", text))

    def _place(self, written: str) -> str:
        """Return an address by its place in the environment's own network."""
        try:
            network = IPv4Network(written)
        except ValueError:
            return written
        for own in self._networks:
            if network.subnet_of(own):
                begin = int(network.network_address) - int(own.network_address)
                return f"own+{begin}/{network.prefixlen}"
        return written
