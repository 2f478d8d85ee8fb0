"""What the stores of AWS have in common: holdings, their backups, replicas and logs."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.places import elsewhere
from caisson.terraform.aws.written import flag
from caisson.terraform.fragment import NO_FRAGMENT, Fragment
from caisson.terraform.model import Link, Texts
from caisson.terraform.reading import Block
from caisson.topology.resources import Gap, Holding, Movement, Question, Rest, Use, Way
from caisson.topology.truth import any_of, negated

DAY_S = 86_400.0
HOUR_S = 3_600.0
# RDS, Aurora, DocumentDB, Neptune and DynamoDB document the latest restorable time alike: up to
# five minutes before now.
POINT_IN_TIME_LAG_S = 300.0
BACKUPS = "automated-backups"
LOG_GROUP = "aws_cloudwatch_log_group"
NETWORK_QUESTIONS = frozenset({Question.REACHABILITY, Question.ISOLATION})
COPIES = frozenset({Question.RESIDENCY, Question.RECOVERABILITY})


def moved_to(there: Holding, block: Block, region: str | None) -> Holding:
    """Return `there` in `region`."""
    if region == there.region:
        return there
    return replace(there, region=region, jurisdiction=elsewhere(block.reading, region))


def unread(block: Block, what: str, *questions: Question, about: Iterable[str] = ()) -> Fragment:
    """Return what is not understood, confined to `block` and `about`."""
    every = tuple(dict.fromkeys((block.address, *about)))
    kind = block.instance.type
    return Fragment(
        gaps=(Gap(what, block.address, kind, frozenset(questions), block.source, every),)
    )


def backed_up(
    block: Block,
    store: Holding,
    kept_days: float | None,
    *,
    lag_most_s: float | None,
    every_s: float = 0.0,
    point_in_time: bool,
    survives_store: bool | None = False,
    part: str = BACKUPS,
    via: str = "automated backups",
    timed: bool = True,
) -> Fragment:
    """Return the backups that the service makes of `store` by itself, in the same region.

    `kept_days` 0 means none, None that it cannot be told. `every_s` is the time from one to the
    next where nothing is kept in between. `survives_store` says whether they stay when the store
    is deleted. The services keep them in S3, so in several zones.
    """
    if kept_days == 0:
        return NO_FRAGMENT
    sure = kept_days is not None and store.sure
    there = replace(
        store,
        id=f"{store.id}/{part}",
        rest=Rest.BACKUP,
        public=False,
        multi_zone=True,
        encrypted_in_transit=True,
        deletion_protected=survives_store,
        versioned=None,
        durable=True,
        sure=sure,
    )
    movement = Movement(
        Way.BACKUP,
        store.id,
        there.id,
        block.source,
        lag_least_s=every_s,
        lag_most_s=lag_most_s,
        kept_s=None if kept_days is None else kept_days * DAY_S,
        point_in_time=point_in_time,
        via=via,
        sure=sure,
        timed=timed,
    )
    return Fragment(holdings=(there,), movements=(movement,))


def deleted_last(block: Block) -> bool | None:
    """Return whether a database's deletion leaves a copy: its backups, or a final snapshot.

    Terraform makes one unless it is told to skip it.
    """
    return any_of(
        (
            negated(flag(block, "delete_automated_backups", default=True)),
            negated(flag(block, "skip_final_snapshot", default=False)),
        )
    )


def uses(block: Block, link: Link, why: str) -> Fragment:
    return Fragment(
        uses=tuple(
            Use(block.address, each, why, block.source, sure=each in link.certain)
            for each in link.every
        )
    )


def logs_exported(
    block: Block, store: Holding, kinds: Texts, group: Callable[[str], str | None]
) -> Fragment:
    """Return the log groups that a service writes to by itself.

    `group` gives the name of the log group of a kind of log, None when it cannot be told.
    """
    found = [_log_group(block, group(each), each) for each in kinds.values]
    if not kinds.complete:
        found.append(_own_log(block, "logs", sure=False))
    return Fragment(
        holdings=tuple(each for each in found if isinstance(each, Holding)),
        movements=tuple(_log_to(block, store, each) for each in found),
    )


def _log_group(block: Block, name: str | None, kind: str) -> Holding | str:
    named = block.reading.links.named(name, (LOG_GROUP,)) if name else ()
    return named[0] if len(named) == 1 else _own_log(block, f"logs/{kind}", sure=True)


def _own_log(block: Block, part: str, *, sure: bool) -> Holding:
    there = holding(block, Rest.LOG, "cloudwatch logs", part=part)
    # CloudWatch Logs encrypts every log group and is regional.
    return replace(there, encrypted=True, multi_zone=True, public=False, sure=sure)


def _log_to(block: Block, store: Holding, target: Holding | str) -> Movement:
    told = not isinstance(target, Holding) or target.sure
    there = target.id if isinstance(target, Holding) else target
    return Movement(Way.LOG, store.id, there, block.source, via="log export", sure=told)
