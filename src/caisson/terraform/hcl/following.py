"""From a value to what it names: references are followed until they reach the thing itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from caisson.terraform.hcl.access import as_text
from caisson.terraform.hcl.bodies import ABSENT, NotTold, Path, Written, value_at
from caisson.terraform.hcl.kept_state import REMOTE_STATE
from caisson.terraform.hcl.others import OUTPUTS, is_elsewhere
from caisson.terraform.hcl.scope import Instances
from caisson.terraform.hcl.values import (
    Bag,
    Choice,
    Derived,
    Moved,
    Pieced,
    Reference,
    Tied,
    Undefined,
    Value,
    is_plain,
    is_traced,
    references_in,
)
from caisson.terraform.model import NOTHING, Certainty, Instance, Link, Mode
from caisson.terraform.resolver.index import words_of
from caisson.topology.arns import Arn

UNTOLD = Link(certainty=Certainty.OPEN)
_ORDER = (Certainty.EXACT, Certainty.AMONG, Certainty.OPEN)
_DEEPEST = 12
# Resources whose id is that of another thing, and the attribute that names it.
_ALIASES: Mapping[str, str] = {
    "aws_ecr_lifecycle_policy": "repository",
    "aws_ecr_repository_policy": "repository",
    "aws_efs_backup_policy": "file_system_id",
    "aws_efs_file_system_policy": "file_system_id",
    "aws_s3_bucket_accelerate_configuration": "bucket",
    "aws_s3_bucket_acl": "bucket",
    "aws_s3_bucket_cors_configuration": "bucket",
    "aws_s3_bucket_lifecycle_configuration": "bucket",
    "aws_s3_bucket_logging": "bucket",
    "aws_s3_bucket_notification": "bucket",
    "aws_s3_bucket_object_lock_configuration": "bucket",
    "aws_s3_bucket_ownership_controls": "bucket",
    "aws_s3_bucket_policy": "bucket",
    "aws_s3_bucket_public_access_block": "bucket",
    "aws_s3_bucket_replication_configuration": "bucket",
    "aws_s3_bucket_server_side_encryption_configuration": "bucket",
    "aws_s3_bucket_versioning": "bucket",
    "aws_s3_bucket_website_configuration": "bucket",
    "aws_secretsmanager_secret_policy": "secret_arn",
    "aws_secretsmanager_secret_rotation": "secret_id",
    "aws_secretsmanager_secret_version": "secret_id",
    "aws_sns_topic_policy": "arn",
    "aws_sqs_queue_policy": "queue_url",
    "aws_sqs_queue_redrive_policy": "queue_url",
}
_TAKEN_FROM = {("aws_kms_alias", "target_key_arn"): "target_key_id"}
# What a resource makes besides itself: these attributes name a part of it.
_PARTS: Mapping[str, frozenset[str]] = {
    "aws_vpc": frozenset(
        (
            "default_network_acl_id",
            "default_route_table_id",
            "default_security_group_id",
            "main_route_table_id",
        )
    ),
    "aws_ec2_transit_gateway": frozenset(
        ("association_default_route_table_id", "propagation_default_route_table_id")
    ),
    "aws_eks_cluster": frozenset(("cluster_security_group_id",)),
}
# Data sources that are asked for by the text that they make of what is written in them.
_TEXTS: Mapping[str, tuple[str, ...]] = {"aws_iam_policy_document": ("json", "minified_json")}
_BUCKET = "aws_s3_bucket"
# Types that make their copies in other regions themselves, which go by their ARN there.
_COPIED = frozenset(("aws_secretsmanager_secret",))
_LIKE = {"aws_default_vpc": "aws_vpc"}


class Names(Protocol):
    """What the instances are called."""

    def of_text(self, asking: Instance, text: str, types: Sequence[str]) -> Sequence[str]:
        """Return what `asking` can mean by `text`."""
        ...


@dataclass(frozen=True, slots=True)
class Follower:
    """Answers for one instance that asks, and the types that it asks for."""

    whole: Instances
    instances: Mapping[str, Instance]
    names: Names
    asking: Instance
    types: frozenset[str]

    def link(self, value: Value, depth: int = 0) -> Link:  # noqa: C901, PLR0911, PLR0912  one case each
        """Return what the value names."""
        match value:
            case None | "" | bool():
                return NOTHING
            case str():
                return self._text(value)
            case int() | float():
                return Link(outside=(str(value),))
            case Reference():
                return self._reference(value, depth + 1) if depth < _DEEPEST else UNTOLD
            case list():
                return together(self.link(each, depth) for each in value)
            case dict():
                return together(self.link(each, depth) for each in value.values())
            case Bag(items, _, whole):
                every = together(self.link(each, depth) for each in items)
                return every if whole else at_least(every, Certainty.AMONG)
            case Pieced(parts=(Reference(path=("arn",)) as group, ":*")):
                return self.link(group, depth)  # all streams of a log group
            case Pieced() if _BUCKET in self.types and (link := self._bucket(value)):
                return link
            case Pieced() if (several := _separated(value)) is not None:
                return together(self.link(each, depth) for each in several)
            case Moved() if (link := self._copy(value, depth)) is not None:
                return link
            case Choice(options):
                return one_of(self._option(each, depth) for each in options)
            case _:
                return self._perhaps(references_in(value), depth)

    def mentioned(self) -> Link:
        """Return everything that the text of the asking instance refers to."""
        inside = self._inside(self.asking)
        references = dict.fromkeys(references_in(inside))
        links = together(self._reference(each, 0) for each in references)
        to = tuple(each for each in links.to if each != self.asking.address)
        return Link(to, certainty=links.certainty if is_traced(inside) else Certainty.OPEN)

    def _bucket(self, text: Pieced) -> Link | None:
        """Return the bucket whose name is put together of the same parts; nobody else has it."""
        parts = _flat(text)
        arn = Arn.parse(parts[0]) if parts and isinstance(parts[0], str) else None
        if arn and arn.service == "s3" and not (arn.region or arn.account):
            parts[0] = arn.resource
        wanted = [each for each in parts if each != ""]
        found = tuple(
            each.address
            for each in self.instances.values()
            if each.type == _BUCKET
            and each.mode is Mode.MANAGED
            and isinstance(name := self.written(each, ("bucket",)), Pieced)
            and _flat(name) == wanted
        )
        return Link(found) if len(found) == 1 else None

    def _copy(self, moved: Moved, depth: int) -> Link | None:
        """Return what has copies that go by its ARN in their regions; a copy is not the thing."""
        link = self.link(moved.copied, depth)
        known = [self.instances[each].type for each in link.to if each in self.instances]
        copied = link.to and len(known) == len(link.to) and _COPIED.issuperset(known)
        return at_least(link, Certainty.AMONG) if copied and not link.outside else None

    def _option(self, value: Value, depth: int) -> Link:
        """What is null is for the provider to choose."""
        return UNTOLD if value is None else self.link(value, depth)

    def _perhaps(self, references: Iterable[Reference], depth: int) -> Link:
        if depth >= _DEEPEST:
            return UNTOLD
        links = [self._reference(each, depth + 1) for each in references]
        found = (each for link in links for each in link.to if self._wanted(each))
        return Link(tuple(dict.fromkeys(found)), certainty=Certainty.OPEN)

    def _wanted(self, address: str) -> bool:
        """Return whether it has one of the types; of other roots' things, those that were asked."""
        own = self.instances.get(address)
        return own is None or not self.types or own.type in self.types

    def _text(self, text: str) -> Link:
        if isinstance(text, Tied) and is_elsewhere(text.reference.address):
            return self._elsewhere(text.reference)
        found = self.names.of_text(self.asking, text, tuple(self.types))
        if isinstance(text, Tied) and text.reference.address in found:
            return Link((text.reference.address,))
        if len(found) > 1:
            return Link(tuple(found), certainty=Certainty.AMONG)
        return Link(tuple(found)) if found else Link(outside=(str(text),))

    def _elsewhere(self, reference: Reference) -> Link:
        """Return what a reference to a thing of another root names."""
        others = self.whole.others
        return UNTOLD if others is None else others.link(self.asking, reference, tuple(self.types))

    def _reference(self, reference: Reference, depth: int) -> Link:
        if is_elsewhere(reference.address):
            return self._elsewhere(reference)
        instance = self.instances.get(reference.address)
        if instance is None:
            return UNTOLD
        if instance.mode is Mode.DATA:
            return self._of_data(instance, reference, depth)
        first = str(reference.path[0]) if reference.path else "id"
        own = len(reference.path) <= 1 and first in words_of(instance.type)
        meant = self._meant(instance, first)
        if meant is not None:
            other = Reference(instance.address, (meant,))
            return self._of_attribute(instance, other, depth, own=False)
        if own and (first in ("id", "arn") or not self.types or instance.type in self.types):
            return Link((instance.address,))
        return self._of_attribute(instance, reference, depth, own=own)

    def _of_other_root(self, reference: Reference) -> Link:
        """Return what an output names that is read out of another root's state."""
        others, path = self.whole.others, reference.path
        state = self.whole.state_read_by(reference.address)
        if others is None or state is None or len(path) <= 1 or path[0] != OUTPUTS:
            return UNTOLD
        return others.output(self.asking, state, path[1:], tuple(self.types))

    def _meant(self, instance: Instance, attribute: str) -> str | None:
        """Return the attribute that names what this one, for all its name, is of."""
        alias = _ALIASES.get(instance.type)
        if alias is not None and attribute in ("id", "arn", alias):
            return alias
        if attribute == "arn" and isinstance(self.written(instance, ("arn",)), Reference):
            return "arn"  # nobody writes the ARN of the thing itself
        return _TAKEN_FROM.get((instance.type, attribute))

    def _of_attribute(
        self, instance: Instance, reference: Reference, depth: int, *, own: bool
    ) -> Link:
        """An attribute that is not the thing's own name: what was written, or was made for it."""
        if _is_part(instance, reference):
            return Link((instance.address,))
        value = self.written(instance, reference.path)
        if value is None or value is ABSENT:
            return Link((instance.address,)) if own else UNTOLD
        found = self.link(value, depth)
        if own and found.outside and not found.to:
            return Link((instance.address,))
        return found

    def written(self, instance: Instance, path: Path) -> Value:
        """Return what the text says at `path`, something unknown when it does not say."""
        found = self.whole.declared(instance.address)
        if found is None or not self.whole.estate.trusted_resource(instance.address):
            return Derived()
        declared, scope = found
        try:
            return value_at(
                Written(declared.body, scope),
                instance.values,
                path,
                in_order=self.whole.estate.in_order,
            )
        except (NotTold, Undefined):
            return Derived()

    def _of_data(self, instance: Instance, reference: Reference, depth: int) -> Link:
        """A data source finds one of ours, or something else, or tells what it is given."""
        if instance.type == REMOTE_STATE:
            return self._of_other_root(reference)
        words = words_of(instance.type)
        for word in words:
            found = self.written(instance, (word,))
            if isinstance(found, Reference) and self._is(found, instance.type):
                return self._reference(Reference(found.address, reference.path), depth + 1)
        value = self.written(instance, reference.path)
        if value is not None and value is not ABSENT and not isinstance(value, Derived):
            return self.link(value, depth)
        own = not reference.path or reference.path[0] in (*words, *_TEXTS.get(instance.type, ()))
        if own and instance.type in self.types:
            return Link((instance.address,))
        return self._perhaps(references_in(self._inside(instance)), depth)

    def _is(self, reference: Reference, type_: str) -> bool:
        """Return whether the reference is the name of an instance of this type."""
        named = self.instances.get(reference.address)
        own = len(reference.path) == 1 and reference.path[0] in words_of(type_)
        return own and named is not None and (named.mode, named.type) == (Mode.MANAGED, type_)

    def _inside(self, instance: Instance) -> Value:
        """Return everything that was written of an instance, something derived when not told."""
        found = self.whole.declared(instance.address)
        if found is None:
            return Derived()
        try:
            return list(Written(found[0].body, found[1]).everything())
        except (NotTold, Undefined):
            return Derived()


def _is_part(instance: Instance, reference: Reference) -> bool:
    """Return whether something is named that came with the instance: it is told as the instance."""
    last = next((each for each in reversed(reference.path) if isinstance(each, str)), "")
    return last in _PARTS.get(_LIKE.get(instance.type, instance.type), ())


def together(links: Iterable[Link]) -> Link:
    """Return the link to all that these name."""
    every = list(links)
    return Link(
        tuple(dict.fromkeys(one for each in every for one in each.to)),
        tuple(dict.fromkeys(one for each in every for one in each.outside)),
        max((each.certainty for each in every), key=_ORDER.index, default=Certainty.EXACT),
    )


def one_of(links: Iterable[Link]) -> Link:
    """Return the link to what one of these names, which one is not told."""
    every = list(links)
    alike = all(
        (set(each.to), set(each.outside)) == (set(every[0].to), set(every[0].outside))
        for each in every
    )
    return every[0] if alike else at_least(together(every), Certainty.AMONG)


def at_least(link: Link, certainty: Certainty) -> Link:
    """Return the link, with no more certainty than this."""
    return Link(link.to, link.outside, max(link.certainty, certainty, key=_ORDER.index))


def _separated(text: Pieced) -> list[Value] | None:
    """Return the things of a list that is written as one text, by commas; None when it is none."""
    parts = _flat(text)
    things, commas = parts[::2], parts[1::2]
    whole = len(things) == len(commas) + 1 and all(each == "," for each in commas)
    return things if whole and all(isinstance(each, Reference) for each in things) else None


def _flat(text: Pieced) -> list[Value]:
    """Return the parts of a text, neighbouring plain ones as one."""
    found: list[Value] = []
    for part in text.parts:
        for each in _flat(part) if isinstance(part, Pieced) else [part]:
            if is_plain(each) and found and isinstance(found[-1], str):
                found[-1] = f"{found[-1]}{as_text(each)}"
            else:
                found.append(as_text(each) if is_plain(each) else each)
    return found
