"""Where the content of S3 buckets goes: replication, access logs, inventories, notifications."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from caisson.terraform.aws.attached import named
from caisson.terraform.aws.hidden import hidden
from caisson.terraform.aws.keys import keys_named
from caisson.terraform.aws.moving import moving, unseen
from caisson.terraform.aws.s3_parts import (
    ANALYTICS,
    BUCKET,
    ENCRYPTION,
    INVENTORY,
    LOGGING,
    NOTIFICATION,
    REPLICATION,
    Buckets,
    versioned,
)
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.model import Certainty, Link, Mode, Unknown
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Use, Way
from caisson.topology.truth import all_of, any_of

# What replication time control promises: 99.9 % of objects, and an event for each that is later.
_TIME_CONTROL_S = 900.0
_INLINE = "replication_configuration"
_EXPORT = ("storage_class_analysis", "data_export", "destination", "s3_bucket_destination")


@dataclass(frozen=True, slots=True)
class _Route:
    """A place that something of `source` goes to, as one block says."""

    source: Link
    target: Link
    way: Way
    via: str
    on: bool | None = True
    lag_most_s: float | None = None
    timed: bool = True


def copies(reading: Reading, every: Sequence[Block], parts: Buckets) -> Fragment:
    """Return what moves out of buckets, and what that needs."""
    written = [(each, named(each, "bucket", BUCKET)) for each in reading.of(REPLICATION)]
    inline = [
        (block, Link((bucket.address,))) for bucket in every for block in bucket.blocks(_INLINE)
    ]
    return joined(
        [
            *(_replication(block, source, parts) for block, source in (*written, *inline)),
            *(_inline_unseen(bucket) for bucket in every),
            *(_moved(block, route) for block, route in _routes(reading)),
        ]
    )


def _inline_unseen(bucket: Block) -> Fragment:
    here, via = Link((bucket.address,)), f"replication of {bucket.address}"
    return unseen(bucket, _INLINE, here, Way.REPLICATION, BUCKET, via=via)


def _moved(block: Block, route: _Route) -> Fragment:
    return moving(
        block,
        route.source,
        route.target,
        route.way,
        via=route.via,
        on=route.on,
        lag_most_s=route.lag_most_s,
        timed=route.timed,
    )


# Replication


def _replication(block: Block, source: Link, parts: Buckets) -> Fragment:
    rules = (*block.blocks("rule"), *block.blocks("rules"))
    moved = (_moved(rule, _rule(rule, source, parts)) for rule in rules)
    via = f"replication {block.address}"
    unshown = (
        unseen(each, name, source, Way.REPLICATION, BUCKET, via=via)
        for each, name in ((block, "rule"), (block, "rules"), *((r, "destination") for r in rules))
    )
    return joined([*moved, *unshown, Fragment(uses=tuple(_needs(block, source, rules)))])


def _rule(rule: Block, source: Link, parts: Buckets) -> _Route:
    destination = rule.block("destination")
    target = destination.link("bucket", BUCKET) if destination else Link()
    obstacles = tuple(_obstacles(rule, source, target, parts))
    limits = tuple(_limits(rule))
    notes = (*limits, *(text for text, value in obstacles if value is not False))
    name = rule.text("id")
    via = f"replication {rule.address}" + (f", rule {name}" if isinstance(name, str) else "")
    stopped = any_of(value for _, value in obstacles)
    return _Route(
        source,
        target,
        Way.REPLICATION,
        "; ".join((via, *notes)),
        all_of((_enabled(rule), {True: None, None: None, False: True}[stopped])),
        None if limits else _bound(destination),
        _timed(destination),
    )


def _enabled(rule: Block) -> bool | None:
    status = rule.text("status")
    return None if isinstance(status, Unknown) else status == "Enabled"


def _bound(destination: Block | None) -> float | None:
    """Return how late an object may be, in seconds; without time control nothing is promised."""
    for control in destination.blocks("replication_time") if destination else ():
        if control.text("status") == "Enabled":
            return _TIME_CONTROL_S
    return None


def _timed(destination: Block | None) -> bool:
    """Return whether it is told if time control is on."""
    if destination is None:
        return True
    controls = destination.blocks("replication_time")
    return not hidden(destination, "replication_time") and all(
        each.known("status") for each in controls
    )


def _limits(rule: Block) -> Iterator[str]:
    """Yield why not all of the bucket is replicated."""
    if rule.text("prefix"):
        yield f"only what begins with {_told(rule, 'prefix')}"
    if not rule.known("filter"):
        yield "perhaps only a part"
    for each in rule.blocks("filter"):
        if hidden(each, "and"):
            yield "perhaps only a part"
        both = each.block("and") or each
        if each.text("prefix") or both.text("prefix"):
            holder = each if each.text("prefix") else both
            yield f"only what begins with {_told(holder, 'prefix')}"
        if each.blocks("tag") or hidden(each, "tag") or both.value("tags"):
            yield "only what has certain tags"


def _told(block: Block, name: str) -> str:
    value = block.text(name)
    return "a prefix known after apply" if isinstance(value, Unknown) else str(value)


def _obstacles(
    rule: Block, source: Link, target: Link, parts: Buckets
) -> Iterator[tuple[str, bool | None]]:
    """Yield what keeps replication from happening, and whether it does."""
    for name, link in (("source", source), ("destination", target)):
        for each in link.to:
            bucket = parts.reading.instances[each]
            if bucket.type == BUCKET and bucket.mode is Mode.MANAGED:
                value = versioned(parts.reading.at(each), parts)
                yield f"the {name} is not versioned", None if value is None else not value
    for each in source.to:
        if each in parts.reading.instances and not _selects_kms(rule):
            used = any_of(_uses_kms(parts.reading.at(each), parts))
            yield "objects encrypted with KMS keys are not selected", used


def _uses_kms(bucket: Block, parts: Buckets) -> Iterator[bool | None]:
    """Yield whether objects are encrypted with keys of KMS when nobody says otherwise."""
    inline = "server_side_encryption_configuration"
    configurations = (
        *(each for each, _ in parts.all_of(bucket, ENCRYPTION)),
        *bucket.blocks(inline),
    )
    if hidden(bucket, inline) or any(hidden(each, "rule") for each in configurations):
        yield None
    for configuration in configurations:
        for rule in configuration.blocks("rule"):
            for each in rule.blocks("apply_server_side_encryption_by_default"):
                algorithm = each.text("sse_algorithm")
                told = not isinstance(algorithm, Unknown)
                yield str(algorithm).startswith("aws:kms") if told else None


def _selects_kms(rule: Block) -> bool:
    return any(
        each.text("status") == "Enabled" or each.value("enabled") is True
        for criteria in rule.blocks("source_selection_criteria")
        for each in criteria.blocks("sse_kms_encrypted_objects")
    )


def _needs(block: Block, source: Link, rules: Iterable[Block]) -> Iterator[Use]:
    role = block.link("role", "aws_iam_role")
    for bucket in source.to:
        for each in role.every:
            yield Use(bucket, each, "role for replication", block.source, role.sure)
    for destination in (each for rule in rules for each in rule.blocks("destination")):
        for target in destination.link("bucket", BUCKET).to:
            for key in _replica_keys(destination):
                yield Use(target, key, "key for what is replicated to it", block.source)


def _replica_keys(destination: Block) -> Iterator[str]:
    yield from keys_named(destination, "replica_kms_key_id").ids
    for each in destination.blocks("encryption_configuration"):
        yield from keys_named(each, "replica_kms_key_id").ids


# Logs, inventories, notifications


def _routes(reading: Reading) -> Iterator[tuple[Block, _Route]]:
    yield from _logs(reading)
    for block in reading.of(INVENTORY):
        for each in _inside(block, "destination", "bucket"):
            yield each, _listing(block, each, "inventory (names, sizes, dates)")
    for block in reading.of(ANALYTICS):
        for each in _inside(block, *_EXPORT):
            yield each, _listing(block, each, "storage class analysis (figures)")
    yield from _notifications(reading)
    yield from _object_copies(reading)


def _logs(reading: Reading) -> Iterator[tuple[Block, _Route]]:
    for block in reading.of(LOGGING):
        via = f"access log {block.address}"
        source = named(block, "bucket", BUCKET)
        yield block, _Route(source, block.link("target_bucket", BUCKET), Way.LOG, via)
    for bucket in reading.of(BUCKET):
        source = Link((bucket.address,))
        via = f"access log of {bucket.address}"
        if hidden(bucket, "logging"):
            target = replace(bucket.link("logging", BUCKET), certainty=Certainty.OPEN)
            yield bucket, _Route(source, target, Way.LOG, via, on=None)
        for each in bucket.blocks("logging"):
            yield each, _Route(source, each.link("target_bucket", BUCKET), Way.LOG, via)


def _listing(block: Block, destination: Block, what: str) -> _Route:
    source = named(block, "bucket", BUCKET)
    shown = "bucket_arn" in destination.values
    target = destination.link("bucket_arn", BUCKET) if shown else Link(certainty=Certainty.OPEN)
    on = block.flag("enabled", default=True)
    return _Route(source, target, Way.LOG, f"{what} {block.address}", on)


def _inside(block: Block, *names: str) -> Iterator[Block]:
    """Yield the blocks at a path of names, and those in which the next one cannot be seen."""
    first, *rest = names
    if hidden(block, first):
        yield block
    for each in block.blocks(first):
        if rest:
            yield from _inside(each, *rest)
        else:
            yield each


def _notifications(reading: Reading) -> Iterator[tuple[Block, _Route]]:
    for block in reading.of(NOTIFICATION):
        source = named(block, "bucket", BUCKET)
        via = f"notification {block.address} (names of objects)"
        for name, attribute, kind in (
            ("queue", "queue_arn", "aws_sqs_queue"),
            ("topic", "topic_arn", "aws_sns_topic"),
        ):
            if hidden(block, name):
                target = replace(block.link(name, kind), certainty=Certainty.OPEN)
                yield block, _Route(source, target, Way.MESSAGE, via, on=None)
            for each in block.blocks(name):
                yield each, _Route(source, each.link(attribute, kind), Way.MESSAGE, via)


def _object_copies(reading: Reading) -> Iterator[tuple[Block, _Route]]:
    for block in reading.of("aws_s3_object_copy"):
        source, target = block.link("source", BUCKET), named(block, "bucket", BUCKET)
        yield block, _Route(source, target, Way.EXPORT, f"copy of one object {block.address}")
