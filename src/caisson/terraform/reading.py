"""What a translator is given: every instance, with typed access to its attributes and links."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from caisson.terraform.model import UNKNOWN, Instance, Link, Mode, Texts, Unknown
from caisson.topology.model import Source
from caisson.topology.resources import Resource

Path = tuple[str | int, ...]
_T = TypeVar("_T")


class Links(Protocol):
    """Says what attributes name."""

    def link(self, address: str, path: Path, types: Sequence[str]) -> Link:
        """Return what the attribute at `path` of the instance names.

        `types` are the resource types that make sense there: they choose among candidates, and
        what has another type is left out when the name can also mean one of these.
        """
        ...

    def named(self, text: str, types: Sequence[str]) -> tuple[str, ...]:
        """Return the instances of `types` that have `text` as id, ARN or name."""
        ...

    def written(self, address: str, path: Path) -> bool:
        """Return whether somebody gave a value at `path`; asked only where that is UNKNOWN.

        Providers compute most of what nobody writes, so that it is unknown as well; but then
        the cloud's default is what it will be. True when it cannot be told.
        """
        ...

    def encoded(self, address: str, path: Path) -> object:
        """Return the JSON value that the text at `path` encodes, as far as it was written.

        Asked only where that text is UNKNOWN. What is known only after apply is UNKNOWN in it,
        but for ids and ARNs of AWS: those stand as `<aws_s3_bucket.logs.arn>`, also in longer
        texts. UNKNOWN itself when nothing is told.
        """
        ...


@dataclass(frozen=True, slots=True)
class Block:
    """An instance, or a block nested in it; attributes are read by name."""

    instance: Instance
    values: Mapping[str, object]
    reading: "Reading"
    path: Path = ()

    @property
    def address(self) -> str:
        return self.instance.address

    @property
    def source(self) -> Source:
        return self.instance.source

    @property
    def resource(self) -> Resource:
        return self.reading.resources[self.instance.address]

    def value(self, name: str) -> object:
        """Return the plain value, None when absent, `UNKNOWN` when it is known after apply."""
        return self.values.get(name)

    def text(self, name: str) -> str | Unknown | None:
        """Return a string; None when absent, null or empty."""
        value = self.values.get(name)
        if value is UNKNOWN:
            return UNKNOWN
        return str(value) if value not in (None, "") else None

    def number(self, name: str) -> float | Unknown | None:
        value = self.values.get(name)
        if value is UNKNOWN:
            return UNKNOWN
        if isinstance(value, bool) or value in (None, ""):
            return None
        try:
            return float(value)  # type: ignore[arg-type]  # anything else raises
        except (TypeError, ValueError):
            return UNKNOWN

    def flag(self, name: str, *, default: bool | None) -> bool | None:
        """Return a yes or no; `default` when absent or null, None when it cannot be told."""
        value = self.values.get(name)
        if value is None:
            return default
        if isinstance(value, str) and value in ("true", "false"):
            return value == "true"
        return value if isinstance(value, bool) else None

    def texts(self, name: str) -> Texts:
        value = self.values.get(name)
        if value is UNKNOWN:
            return Texts(complete=False)
        listed = value if isinstance(value, list) else [] if value is None else [value]
        known = tuple(str(each) for each in listed if each is not UNKNOWN and each is not None)
        return Texts(known, complete=len(known) == len(listed))

    def written(self, name: str) -> bool:
        """Return whether somebody gave this attribute a value, be it one that is not known yet."""
        value = self.values.get(name)
        if value is UNKNOWN:
            return self.reading.links.written(self.address, (*self.path, name))
        return value is not None

    def known(self, name: str) -> bool:
        """Return whether the attribute is told, be it that it is absent."""
        return self.values.get(name) is not UNKNOWN

    def blocks(self, name: str) -> tuple["Block", ...]:
        """Return the nested blocks; none when absent, and none when unknown: ask `known` too."""
        return tuple(self._blocks(name))

    def _blocks(self, name: str) -> Iterator["Block"]:
        value = self.values.get(name)
        if isinstance(value, Mapping):
            yield Block(self.instance, value, self.reading, (*self.path, name))
        elif isinstance(value, list):
            for index, each in enumerate(value):
                if isinstance(each, Mapping):
                    yield Block(self.instance, each, self.reading, (*self.path, name, index))

    def block(self, name: str) -> "Block | None":
        """Return the first nested block, for those of which there is at most one."""
        return next(self._blocks(name), None)

    def link(self, name: str, *types: str) -> Link:
        """Return what the attribute names; see `Links.link`."""
        return self.reading.links.link(self.address, (*self.path, name), types)

    def document(self, name: str) -> object | Unknown | None:
        """Return the JSON document in a text attribute; None when absent.

        A document that is not JSON is as good as unknown.
        """
        value = self.text(name)
        if value is None or isinstance(value, Unknown):
            return value
        try:
            return json.loads(value)  # type: ignore[no-any-return]
        except (ValueError, RecursionError):
            return UNKNOWN

    def encoded(self, name: str) -> object:
        """Return the JSON document in a text that is not known as a whole; see `Links.encoded`."""
        return self.reading.links.encoded(self.address, (*self.path, name))


def _nowhere(_region: str | None) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that was read. `resources` has an entry for every instance.

    `jurisdiction` tells that of a region, for what lies in another one than its resource.
    """

    instances: Mapping[str, Instance]
    resources: Mapping[str, Resource]
    links: Links
    by_type: Mapping[str, Sequence[Instance]] = field(default_factory=dict)
    jurisdiction: Callable[[str | None], str | None] = _nowhere
    _made: dict[object, object] = field(default_factory=dict, repr=False, compare=False)

    def once(self, make: Callable[["Reading"], _T]) -> _T:
        """Return what a function makes of this reading, the same for all who ask for it."""
        if make not in self._made:
            self._made[make] = make(self)
        return self._made[make]  # type: ignore[return-value]  # what `make` returned

    def of(self, *types: str, mode: Mode = Mode.MANAGED) -> Iterator[Block]:
        """Yield the instances of these types, in the order of the document."""
        for each in types:
            for instance in self.by_type.get(each, ()):
                if instance.mode is mode:
                    yield self._block(instance)

    def at(self, address: str) -> Block:
        return self._block(self.instances[address])

    def _block(self, instance: Instance) -> Block:
        return Block(instance, instance.values, self)


def by_type(instances: Iterable[Instance]) -> dict[str, list[Instance]]:
    found: dict[str, list[Instance]] = {}
    for each in instances:
        found.setdefault(each.type, []).append(each)
    return found
