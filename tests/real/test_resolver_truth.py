"""What the plan and its sources say that attributes name is what they name once applied.

The estate is planned, then applied; afterwards every id is known, and that is the truth. A link
that says more than is true is wrong, whatever else is right.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from caisson.terraform.configuration import configuration
from caisson.terraform.document import parse
from caisson.terraform.hcl.configuration import lines, project
from caisson.terraform.hcl.expand import expand
from caisson.terraform.hcl.links import SourceLinks
from caisson.terraform.instances import planned
from caisson.terraform.model import Certainty, Instance, Link, Mode
from caisson.terraform.reading import Links
from caisson.terraform.resolver.links import Resolver
from moto_served import served
from terraform_runs import Terraform, prepared

ESTATE = Path(__file__).parents[1] / "estates" / "terraform" / "wiring"
# The attributes that tie things together, and what they may name, as a translator asks for it.
WIRING: Mapping[str, tuple[str, ...]] = {
    "allocation_id": ("aws_eip",),
    "bucket": ("aws_s3_bucket",),
    "endpoint": ("aws_sqs_queue",),
    "file_system_id": ("aws_efs_file_system",),
    "gateway_id": ("aws_internet_gateway",),
    "iam_instance_profile": ("aws_iam_instance_profile",),
    "instance_id": ("aws_instance",),
    "kms_key_id": ("aws_kms_key", "aws_kms_alias"),
    "kms_master_key_id": ("aws_kms_key", "aws_kms_alias"),
    "nat_gateway_id": ("aws_nat_gateway",),
    "network_acl_id": ("aws_network_acl",),
    "network_interface_id": ("aws_network_interface",),
    "peer_vpc_id": ("aws_vpc",),
    "policy_arn": ("aws_iam_policy",),
    "referenced_security_group_id": ("aws_security_group",),
    "role": ("aws_iam_role",),
    "route_table_id": ("aws_route_table",),
    "route_table_ids": ("aws_route_table",),
    "secret_id": ("aws_secretsmanager_secret",),
    "security_group_id": ("aws_security_group",),
    "security_groups": ("aws_security_group",),
    "source_security_group_id": ("aws_security_group",),
    "subnet_id": ("aws_subnet",),
    "subnet_ids": ("aws_subnet",),
    "target_group_arn": ("aws_lb_target_group",),
    "target_id": ("aws_instance",),
    "target_key_id": ("aws_kms_key",),
    "topic_arn": ("aws_sns_topic",),
    "vpc_id": ("aws_vpc",),
    "vpc_peering_connection_id": ("aws_vpc_peering_connection",),
    "vpc_security_group_ids": ("aws_security_group",),
}
# A thing is named by these, where others name it.
NAMES = ("id", "arn", "name", "key_id", "bucket")
# What a plan alone tells exactly. The estate is made of what it cannot tell.
EXACT_WITHOUT_SOURCES = 0.45

Path_ = tuple[str | int, ...]


@dataclass
class Compared:
    """How many wiring attributes were alike, less certain or wrong."""

    alike: int = 0
    unsure: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        return self.alike / max(1, self.alike + len(self.unsure) + len(self.wrong))


@dataclass(frozen=True)
class Runs:
    """The estate as planned, and the values of all that was made."""

    plan: bytes
    state: Mapping[str, Mapping[str, Any]]
    files: Mapping[str, bytes]
    manifest: object


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    with served() as endpoint:
        terraform = prepared(ESTATE, tmp_path_factory.mktemp("wiring"), endpoint)
        terraform.run("plan", "-input=false", "-no-color", "-out=planned")
        plan = terraform.run("show", "-json", "planned").encode()
        terraform.run("apply", "-input=false", "-no-color", "-parallelism=30", "planned")
        state = terraform.shown()
    return Runs(
        plan,
        {each["address"]: each["values"] for each in _resources(state["values"]["root_module"])},
        _files(terraform),
        json.loads((terraform.folder / ".terraform/modules/modules.json").read_text()),
    )


def _resources(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from module.get("resources", ())
    for child in module.get("child_modules", ()):
        yield from _resources(child)


def _files(terraform: Terraform) -> dict[str, bytes]:
    found = terraform.folder.rglob("*.tf")
    return {str(each.relative_to(terraform.folder)): each.read_bytes() for each in found}


class Read:
    """The plan, read with its sources and without."""

    def __init__(self, runs: Runs) -> None:
        document = parse("plan.json", runs.plan)
        written = configuration("plan.json", document.content)
        listed = planned(document, written)
        self.instances = {each.address: each for each in listed.instances}
        whole = (written, listed.modules, listed.instances, listed.collections)
        self.project = project(runs.files, runs.manifest)
        self.alone: Links = Resolver(*whole)
        self.beside: Links = Resolver(*whole, SourceLinks(self.project, self.instances, written))


@pytest.fixture(scope="module")
def read(runs: Runs) -> Read:
    return Read(runs)


class Truth:
    """What things are called once they are there; a data source is what it has found."""

    def __init__(
        self, instances: Mapping[str, Instance], state: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self._named: dict[tuple[str, str], str] = {}
        self._same: dict[str, str] = {}
        for each in sorted(instances.values(), key=lambda one: one.mode is Mode.DATA):
            for name in NAMES:
                if isinstance(text := state.get(each.address, {}).get(name), str):
                    first = self._named.setdefault((each.type, text), each.address)
                    self._same.setdefault(each.address, first)

    def named(self, value: object, types: tuple[str, ...]) -> frozenset[str]:
        """Return the things that are named, else the texts as they are."""
        texts = value if isinstance(value, list) else [] if value in (None, "") else [value]
        return frozenset(self._of(str(each), types) for each in texts)

    def _of(self, text: str, types: tuple[str, ...]) -> str:
        return next((self._named[t, text] for t in types if (t, text) in self._named), text)

    def ours(self, named: frozenset[str]) -> bool:
        """Return whether something of the estate is named; the rest the cloud has chosen."""
        return not named.isdisjoint(self._same)

    def told(self, link: Link) -> frozenset[str]:
        return frozenset(self._same.get(each, each) for each in link.every)


def wiring(values: Mapping[str, Any], path: Path_ = ()) -> Iterator[Path_]:
    """Yield the path of every wiring attribute, in nested blocks too."""
    for name, value in values.items():
        if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
            for at, each in enumerate(value):
                yield from wiring(each, (*path, name, at))
        elif name in WIRING:
            yield (*path, name)


def compared(read: Read, links: Links, state: Mapping[str, Mapping[str, Any]]) -> Compared:
    found = Compared()
    truth = Truth(read.instances, state)
    for instance in read.instances.values():
        if instance.mode is Mode.MANAGED and instance.type != "aws_s3_bucket":  # names itself
            for path in wiring(instance.values):
                _compare(found, truth, instance, state[instance.address], path, links)
    return found


def _compare(
    found: Compared,
    truth: Truth,
    instance: Instance,
    applied: Mapping[str, Any],
    path: Path_,
    links: Links,
) -> None:
    types = WIRING[str(path[-1])]
    actual = [truth.named(each, types) for each in _applied(instance.values, applied, path)]
    link = links.link(instance.address, path, types)
    told = f"{instance.address} {path}: {link}, in truth {[sorted(each) for each in actual]}"
    if _is_wrong(link.certainty, truth.told(link), actual):
        found.wrong.append(told)
    elif link.sure and any(actual):
        found.alike += 1
    elif any(truth.ours(each) for each in actual):
        found.unsure.append(told)


def _is_wrong(certainty: Certainty, told: frozenset[str], actual: list[frozenset[str]]) -> bool:
    """Return whether the link excludes what is true, in each of the places that it can be."""
    match certainty:
        case Certainty.EXACT:
            return told not in actual
        case Certainty.AMONG:
            return not any(each <= told for each in actual)
        case Certainty.OPEN:
            return False


def _applied(before: Any, after: Any, path: Path_) -> list[Any]:
    """Return the values there may be at `path`: the blocks of a set have changed their order."""
    name, *rest = path
    if not rest:
        return [after.get(name)]
    at, *inner = rest
    own = before[name][at]
    alike = [each for each in after[name] if _same_where_known(own, each)]
    return [one for each in alike for one in _applied(own, each, tuple(inner))]


def _same_where_known(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return all(
        after.get(name) == value
        for name, value in before.items()
        if isinstance(value, str | int | float | bool)
    )


def test_with_its_sources_a_plan_is_resolved_like_the_estate_that_it_becomes(
    read: Read, runs: Runs
) -> None:
    found = compared(read, read.beside, runs.state)
    assert not found.wrong, "\n".join(found.wrong)
    assert found.alike >= 120
    assert found.share >= 0.95, "\n".join(found.unsure)


def test_a_plan_alone_resolves_less_and_nothing_wrongly(read: Read, runs: Runs) -> None:
    found = compared(read, read.alone, runs.state)
    assert not found.wrong, "\n".join(found.wrong)
    assert found.share >= EXACT_WITHOUT_SOURCES, "\n".join(found.unsure)


def test_without_a_plan_the_text_tells_the_same_instances_and_nothing_wrongly(runs: Runs) -> None:
    own = expand(dict(runs.files))
    read = Read(runs)
    assert not own.gaps
    assert {each.address for each in own.instances} == set(read.instances)
    for each in own.instances:
        planned_ = read.instances[each.address]
        assert (each.region, each.provider) == (planned_.region, planned_.provider)
    read.instances = {each.address: each for each in own.instances}
    found = compared(read, own.links, runs.state)
    assert not found.wrong, "\n".join(found.wrong)
    assert found.share >= 0.95, "\n".join(found.unsure)


def test_every_resource_has_its_line(read: Read) -> None:
    found = lines(read.project)
    places = {each: found[_written(each)] for each in read.instances}
    for address, place in places.items():
        text = (ESTATE / place.file).read_text().splitlines()[place.line - 1]
        instance = read.instances[address]
        assert f'"{instance.type}" "{instance.name}" {{' in text, address


def _written(address: str) -> str:
    """Return the address without instance keys; those of this estate have no brackets in them."""
    return re.sub(r"\[[^]]*]", "", address)
