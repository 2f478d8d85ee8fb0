"""A Terraform reading made by hand, for tests of translators: no plan and no Terraform needed.

    reading(
        thing("aws_vpc.main", cidr_block="10.0.0.0/16"),
        thing("aws_subnet.a", vpc_id=ref("aws_vpc.main"), cidr_block="10.0.0.0/24"),
    )

Where an attribute names other things, its value is one of these, also inside nested blocks
(lists of dicts) and inside lists:

- `ref("a")`, `refs("a", "b")`: exactly these instances
- `among("a", "b")`: some of these and nothing else
- `outside("sg-1")`: an id that no instance has; a plain string is that too, unless some thing
  has it as its `id`, `arn` or `name`
- `unknown()`, `unknown("a")`: known after apply; perhaps these, perhaps others
- `besides("a")`: surely these, and perhaps others
- `jsonencode({...})`: a text that encodes a document of which a part is known after apply; what
  stands for names in it is written `<aws_s3_bucket.logs.arn>`, and all else is UNKNOWN
- `UNKNOWN` itself: what nobody wrote and the provider computes

Whatever has a name in it, other than by `outside`, has the value UNKNOWN, as in most real plans.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from caisson.terraform.model import UNKNOWN, Certainty, Instance, Link, Mode
from caisson.terraform.reading import Path, Reading, by_type
from caisson.topology.model import Source
from caisson.topology.resources import Resource

ADDRESS = re.compile(
    r"""(?P<module>(?:module\.[\w-]+(?:\[[^\]]+\])?\.)*)
        (?P<data>data\.)?(?P<type>\w+)\.(?P<name>[\w-]+)(?:\[(?P<key>[^\]]+)\])?""",
    re.VERBOSE,
)
JURISDICTIONS = {"us": "us", "eu": "eu", "ap": "ap"}
WORDS = ("id", "arn", "name")


@dataclass(frozen=True, slots=True)
class Named:
    """The value of an attribute that names other things."""

    link: Link


def ref(address: str) -> Named:
    return Named(Link((address,)))


def refs(*addresses: str) -> Named:
    return Named(Link(addresses))


def among(*addresses: str) -> Named:
    return Named(Link(addresses, certainty=Certainty.AMONG))


def outside(*ids: str) -> Named:
    return Named(Link(outside=ids))


def unknown(*perhaps: str) -> Named:
    return Named(Link(perhaps, certainty=Certainty.OPEN))


def besides(*surely: str) -> Named:
    """These for certain, and perhaps others: a plan hides literals beside a reference."""
    return Named(Link(surely, certainty=Certainty.OPEN, surely=surely))


@dataclass(frozen=True, slots=True)
class Encoded:
    """The value of an attribute whose text as a whole is known after apply."""

    document: object


def jsonencode(document: object) -> Encoded:
    return Encoded(document)


@dataclass(frozen=True, slots=True)
class Thing:
    address: str
    attributes: Mapping[str, object]
    in_region: str | None
    in_account: str | None


def thing(
    address: str,
    *,
    in_region: str | None = None,
    in_account: str | None = None,
    **attributes: object,
) -> Thing:
    """One instance; a data source when its address says so (`data.aws_vpc.main`)."""
    return Thing(address, attributes, in_region, in_account)


def reading(
    *things: Thing, region: str | None = "eu-central-1", account: str | None = "111111111111"
) -> Reading:
    """Return the reading of `things`, in `region` and `account` unless they say otherwise."""
    instances = {
        each.address: _instance(each, line, region, account)
        for line, each in enumerate(things, start=1)
    }
    return Reading(
        instances,
        {each.address: _resource(each) for each in instances.values()},
        HandmadeLinks({each.address: each.attributes for each in things}, instances),
        by_type(instances.values()),
        _jurisdiction,
    )


def _instance(made: Thing, line: int, region: str | None, account: str | None) -> Instance:
    match = ADDRESS.fullmatch(made.address)
    assert match, f"{made.address} is not the address of a resource"
    key = match["key"]
    return Instance(
        address=made.address,
        module=match["module"].rstrip("."),
        mode=Mode.DATA if match["data"] else Mode.MANAGED,
        type=match["type"],
        name=match["name"],
        key=None if key is None else key.strip('"') if key.startswith('"') else int(key),
        provider="registry.terraform.io/hashicorp/aws",
        account=made.in_account or account,
        region=made.in_region or region,
        values={name: _plain(value) for name, value in made.attributes.items()},
        source=Source("main.tf", line),
    )


def _resource(instance: Instance) -> Resource:
    tags = instance.values.get("tags")
    known = {k: str(v) for k, v in tags.items()} if isinstance(tags, Mapping) else {}
    return Resource(
        id=instance.address,
        type=instance.type,
        name=known.get("Name", instance.name),
        account=instance.account,
        region=instance.region,
        source=instance.source,
        environment=known.get("Environment"),
        jurisdiction=_jurisdiction(instance.region),
        tags=known,
    )


def _jurisdiction(region: str | None) -> str | None:
    return JURISDICTIONS.get((region or "").split("-")[0])


def _plain(value: object) -> object:
    if isinstance(value, Encoded):
        return UNKNOWN
    if isinstance(value, Named):
        given = value.link
        told = given.sure and given.outside and not given.to
        return (
            (given.outside[0] if len(given.outside) == 1 else list(given.outside))
            if told
            else UNKNOWN
        )
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value


@dataclass(frozen=True, slots=True)
class HandmadeLinks:
    attributes: Mapping[str, Mapping[str, object]]
    instances: Mapping[str, Instance] = field(default_factory=dict)

    def link(self, address: str, path: Path, types: Sequence[str]) -> Link:
        value: object = self.attributes[address]
        for step in path:
            value = _step(value, step)
        found = self._of_value(value, types)
        fitting = tuple(each for each in found.to if self._type(each) in types)
        if not types or (not fitting and not found.outside):
            return found
        return Link(fitting, found.outside, found.certainty, found.surely)

    def named(self, text: str, types: Sequence[str]) -> tuple[str, ...]:
        return tuple(
            each.address
            for each in self.instances.values()
            if (not types or each.type in types)
            and text in (each.values.get(word) for word in WORDS)
        )

    def written(self, address: str, path: Path) -> bool:
        value: object = self.attributes[address]
        for step in path:
            value = _step(value, step)
        return value is not None and value is not UNKNOWN

    def encoded(self, address: str, path: Path) -> object:
        value: object = self.attributes[address]
        for step in path:
            value = _step(value, step)
        return value.document if isinstance(value, Encoded) else UNKNOWN

    def _type(self, address: str) -> str:
        return self.instances[address].type if address in self.instances else ""

    def _of_value(self, value: object, types: Sequence[str]) -> Link:
        if value is None or value == "":
            return Link()
        if value is UNKNOWN or isinstance(value, Encoded):
            return Link(certainty=Certainty.OPEN)
        if isinstance(value, Named):
            return value.link
        if isinstance(value, (list, tuple)):
            return _together([self._of_value(each, types) for each in value])
        found = self.named(str(value), types)
        return Link(found) if found else Link(outside=(str(value),))


def _step(value: object, step: str | int) -> object:
    if isinstance(value, Mapping):
        return value.get(str(step))
    if isinstance(value, (list, tuple)) and isinstance(step, int):
        return value[step]
    return value if isinstance(value, Named) or value is UNKNOWN else None


def _together(links: Sequence[Link]) -> Link:
    certainties = {each.certainty for each in links}
    worst = next(
        (each for each in (Certainty.OPEN, Certainty.AMONG) if each in certainties), Certainty.EXACT
    )
    return Link(
        tuple(dict.fromkeys(one for each in links for one in each.to)),
        tuple(dict.fromkeys(one for each in links for one in each.outside)),
        worst,
        tuple(dict.fromkeys(one for each in links for one in each.certain)),
    )
