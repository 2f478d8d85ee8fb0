"""The estate's promises as a file beside its Terraform, for `caisson check OUT --promises FILE`.

Environments are told by their tag, jurisdictions by their regions. What a promise says of a store
or a service, it says of the things that these are on AWS, by their addresses among the roots.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from caisson.estate.declared import Declared
from caisson.estate.model import (
    Encrypted,
    Isolation,
    Lose,
    LoseRegion,
    OpenToInternet,
    Promise,
    Public,
    Reach,
    Residency,
    Restore,
    Same,
)
from caisson.estate.patterns import of_root
from caisson.terraform.writing.blueprint import Blueprint
from caisson.terraform.writing.model import Block, Form, Root
from caisson.terraform.writing.names import physical

FILE = "promises.yaml"
_COMPONENT = "Component"
_LETTERS = 40  # of the name of a promise
_STORES = (
    "aws_db_instance",
    "aws_elasticache_replication_group",
    "aws_elasticache_cluster",
    "aws_opensearch_domain",
    "aws_s3_bucket",
)
_FILES, _PROXY = "aws_s3_bucket", "aws_db_proxy"
_SERVICE, _BALANCER, _DISTRIBUTION = "aws_ecs_service", "aws_lb", "aws_cloudfront_distribution"
# What changes passwords, and so signs in to the databases of its root.
_ROTATION = "aws_serverlessapplicationrepository_cloudformation_stack"
# Components of the estate that have no tag of their own.
_BY_NAME = {"proxy": _BALANCER, "edge": _DISTRIBUTION}
_EVERY_STORE = "stores"
_Line = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Thing:
    """A block of a root, and the component that it is of."""

    root: Root
    block: Block
    component: str

    @property
    def address(self) -> str:
        return of_root(root_name(self.root.path), self.block.address)

    @property
    def place(self) -> str:
        """Return the environment and, where there is one, the jurisdiction that it is in."""
        return self.root.path.rpartition("/")[0]

    @property
    def jurisdiction(self) -> str:
        return self.place.partition("/")[2]


def root_name(path: str) -> str:
    """Return what a root is called among those that are read together."""
    return path.replace("/", "-")


def promise_file(plan: Blueprint, roots: Sequence[Root] = ()) -> str:
    """Return the text of FILE for these roots: YAML, in which values are written as JSON."""
    estate = plan.estate
    places = {
        name: sorted(
            {each.aws for each in estate.regions.values() if each.jurisdiction == name and each.aws}
        )
        for name in estate.jurisdictions
    }
    environments = {name: {"tags": {"Environment": name}} for name in estate.environments}
    written = _Promises(plan, tuple(_things(roots)))
    lines = [line for each in estate.promises for line in written.lines(each)]
    return "\n".join(
        (
            f"jurisdictions: {json.dumps(places)}",
            f"environments: {json.dumps(environments)}",
            "promises:" if any(each.startswith("  - ") for each in lines) else "promises: []",
            *lines,
            "",
        )
    )


def _things(roots: Sequence[Root]) -> Iterator[_Thing]:
    for root in roots:
        for block in root.blocks:
            if block.form is Form.RESOURCE:
                tags = block.body.get("tags")
                told = tags.get(_COMPONENT) if isinstance(tags, Mapping) else None
                yield _Thing(root, block, str(told or ""))


@dataclass(frozen=True)
class _Promises:
    plan: Blueprint
    things: tuple[_Thing, ...]

    def lines(self, promise: Promise) -> Iterator[str]:  # noqa: C901  one case each
        """Yield the lines of a promise, and in comments what of it cannot be told here."""
        match promise:
            case LoseRegion():
                yield f"  # {promise.name}: how soon service is back is measured, not proved"
                lost = {"name": promise.name, "lose": "region", "rpo": _written(promise.rpo)}
                yield from self._of(lost, "of", self._lasting((_EVERY_STORE,)))
            case Lose():
                yield from self._of(_plain(promise), "of", self._lasting(promise.of))
            case Residency():
                yield from self._residency(promise)
            case Reach():
                yield from self._reach(promise)
            case Restore():
                if self.plan.estate.stores[promise.restore].questions:
                    asked = "what is asked of a restored copy is asked on the estate's own machine"
                    yield f"  # {promise.name}: {asked}, not here"
                for number, each in enumerate(self._named(promise.restore), start=1):
                    yield _line(
                        _plain(promise), name=_called(promise, number), restore=each.address
                    )
            case Encrypted():
                yield from self._of(_plain(promise), "of", self.addresses(promise.of))
            case OpenToInternet():
                plain = _plain(promise)
                named = {"of": promise.of, "except": promise.except_}
                told = {key: self.addresses(each) for key, each in named.items() if key in plain}
                yield _line(plain, **told)
            case Public():
                yield _line(_plain(promise), public=self.addresses(promise.public))
            case Isolation() | Same():
                yield _line(_plain(promise))

    def _of(self, line: _Line, key: str, addresses: Sequence[str]) -> Iterator[str]:
        """Yield a promise about these things; about nothing there is none to make."""
        if addresses:
            yield _line(line, **{key: list(addresses)})

    def _residency(self, promise: Residency) -> Iterator[str]:
        """Yield the promise about the stores of its jurisdiction: tenants are nowhere on AWS."""
        own = tuple(e for e in self.things if e.jurisdiction == promise.tenants)
        stores = replace(self, things=own).addresses(promise.stores)
        kept = self.addresses(promise.except_)
        line = _line(_plain(promise), stores=stores, **({"except": kept} if kept else {}))
        if stores:
            yield line

    def _reach(self, promise: Reach) -> Iterator[str]:
        """Yield one promise for each thing that is reached: who may, is of its own place."""
        for number, each in enumerate(self._named(promise.reach), start=1):
            if each.block.type == _FILES:
                yield f"  # {promise.name}: who reaches files is for policies to say, not networks"
                return
            yield _line(
                _plain(promise),
                name=_called(promise, number),
                reach=each.address,
                **{"from": self._openers(each, promise.from_)},
            )

    def _openers(self, target: _Thing, names: Sequence[str]) -> list[str]:
        """Return who may open a thing: those who are named, and what stands before a database."""
        of_place = [each for each in self.things if each.place == target.place]
        named = [
            each.address
            for name in names
            for each in self._named(name)
            if each.place in (target.place, *_around(target.place))
        ]
        others = [each for each in names if not self._is_component(each)]
        before = [
            each.address
            for each in of_place
            if (each.block.type == _PROXY and each.component == target.component)
            or (each.block.type == _ROTATION and target.block.type == _STORES[0])
        ]
        return [*named, *others, *before]

    def _lasting(self, names: Sequence[str]) -> list[str]:
        """Return the stores with data of their own, which cannot be made again from elsewhere."""
        stores, homes = self.plan.estate.stores, {each.home.label for each in self.plan.areas}
        return [
            each.address
            for name in names
            for each in self._named(name)
            if each.component in stores
            and each.block.provider in homes
            and not stores[each.component].rebuildable
        ]

    def addresses(self, names: Sequence[str]) -> list[str]:
        """Return the addresses that names stand for; what is no component stays as it is."""
        return [
            address
            for name in names
            for address in (
                [each.address for each in self._named(name)] if self._is_component(name) else [name]
            )
        ]

    def _is_component(self, name: str) -> bool:
        estate = self.plan.estate
        known = (_EVERY_STORE, *estate.stores, *estate.services, *_BY_NAME)
        return name in known

    def _named(self, name: str) -> list[_Thing]:
        """Return what a store, a service or all stores are on AWS, wherever they are."""
        estate = self.plan.estate
        if name == _EVERY_STORE:
            return [e for e in self.things if e.block.type in _STORES and e.component]
        if name in estate.stores:
            return [e for e in self.things if e.block.type in _STORES and e.component == name]
        if name in estate.services:
            return [e for e in self.things if e.block.type == _SERVICE and e.component == name]
        return [each for each in self.things if each.block.type == _BY_NAME.get(name)]


def _around(place: str) -> tuple[str, ...]:
    """Return the places around one: of `production/us`, the environment's own."""
    return (place.partition("/")[0],)


def _called(promise: Reach | Restore, number: int) -> str:
    """Return the name of a promise about one of several things, of which verdicts tell which."""
    return promise.name if number == 1 else physical(promise.name, str(number), limit=_LETTERS)


def _plain(promise: Declared) -> _Line:
    """Return a promise as it is written."""
    dumped = promise.model_dump(by_alias=True, exclude_defaults=True)
    return {key: _written(each) for key, each in dumped.items()}


def _written(value: object) -> object:
    """Return a value as people write it: numbers are lengths of time, and pairs are ports."""
    match value:
        case float():
            return f"{f'{value:.6f}'.rstrip('0').rstrip('.')}s"
        case (int() as low, int() as high) if isinstance(value, tuple):
            return f"{low}-{high}" if low != high else low
        case list():
            return [_written(each) for each in value]
        case _:
            return value


def _line(written: _Line, **changed: object) -> str:
    return f"  - {json.dumps({**written, **changed})}"
