"""AWS Backup: vaults, and what plans put into them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from caisson.terraform.aws import written
from caisson.terraform.aws.attached import Attached, attached
from caisson.terraform.aws.backup_selection import Taken, candidates, selections, taken, told
from caisson.terraform.aws.disks import disks_of
from caisson.terraform.aws.hidden import hidden
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.keys import keys_named
from caisson.terraform.aws.presence import gap
from caisson.terraform.aws.resource_policies import on_resources
from caisson.terraform.aws.s3_parts import BUCKET, Buckets, buckets, versioned
from caisson.terraform.aws.schedules import longest_gap_s
from caisson.terraform.aws.stores import moved_to
from caisson.terraform.fragment import NO_FRAGMENT, Fragment, joined
from caisson.terraform.model import Certainty, Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.arns import place_named
from caisson.topology.resources import Holding, Movement, Question, Rest, Use, Way

_VAULT = "aws_backup_vault"
_AIR_GAPPED = "aws_backup_logically_air_gapped_vault"
_LOCK = "aws_backup_vault_lock_configuration"
_POLICY = "aws_backup_vault_policy"
_PLAN = "aws_backup_plan"
_VAULTS = (_VAULT, _AIR_GAPPED)

TYPES = frozenset(
    {*_VAULTS, _LOCK, _POLICY, _PLAN, "aws_backup_selection", "aws_backup_region_settings"}
)

_DAY_S, _HOUR_S, _MINUTE_S = 86_400.0, 3_600.0, 60.0
# The provider's, not the service's, which are 8 hours and 7 days.
_START_MINUTES, _COMPLETION_MINUTES = 60.0, 180.0
# What a continuous backup of each type can be restored to, at the latest; others have none.
_CONTINUOUS_S = {"aws_db_instance": 300.0, "aws_rds_cluster": 300.0, "aws_s3_bucket": 900.0}
# What says when a rule runs, and to which moments one can go back.
_TIMES = (
    "schedule",
    "schedule_expression_timezone",
    "start_window",
    "completion_window",
    "enable_continuous_backup",
)
_UTC = frozenset({"UTC", "Etc/UTC", "Etc/GMT", "GMT"})
_COPIES = frozenset({Question.RECOVERABILITY, Question.RESIDENCY, Question.CONSISTENCY})


def read(reading: Reading) -> Fragment:
    locks = attached(reading.of(_LOCK), "backup_vault_name", _VAULT)
    policies = on_resources(reading, _POLICY, "backup_vault_name", *_VAULTS)
    vaults = list(reading.of(*_VAULTS))
    by_plan = _by_plan(reading)
    parts = buckets(reading)
    return joined(
        [
            *(_vault(each, locks, policies.public(each)) for each in vaults),
            *(_plan(each, by_plan, parts) for each in reading.of(_PLAN)),
            *(_selection_gaps(each) for each in selections(reading)),
            Fragment(policies=tuple(policies.policies(vaults))),
        ]
    )


def _vault(block: Block, locks: Attached, public: bool | None) -> Fragment:
    keys = keys_named(block, "kms_key_arn")
    found = replace(
        holding(block, Rest.BACKUP, "aws backup"),
        encrypted=True,
        keys=keys.ids,
        encrypted_in_transit=True,
        public=public,
        multi_zone=True,
        deletion_protected=_locked(block, locks),
    )
    return Fragment(holdings=(found,), gaps=keys.gaps(block))


def _locked(vault: Block, locks: Attached) -> bool | None:
    """Return whether backups stay until their time is over; some may be allowed to unlock."""
    if vault.instance.type == _AIR_GAPPED or locks.to(vault.address):
        return True
    return None if locks.perhaps_to(vault.address) else False


# Plans


def _by_plan(reading: Reading) -> Attached:
    return attached(selections(reading), "plan_id", _PLAN)


def _selection_gaps(selection: Block) -> Fragment:
    if not _of_a_plan(selection):
        what = f"the plan by which {selection.address} backs up was not read"
        about = tuple(each.block.address for each in taken(selection))
        return Fragment(gaps=(gap(selection, what, _COPIES, *about),) if about else ())
    surely = {each.block.address for each in taken(selection) if each.sure}
    others = (each.address for each in candidates(selection))
    about = tuple(each for each in others if each not in surely)
    if told(selection) or not about:
        return NO_FRAGMENT
    what = f"what {selection.address} selects is known only after apply"
    return Fragment(gaps=(gap(selection, what, _COPIES, *about),))


def _of_a_plan(selection: Block) -> bool:
    plans = selection.link("plan_id", _PLAN)
    here = {each.address for each in selection.reading.of(_PLAN)}
    return plans.certainty is not Certainty.OPEN and bool(plans.to) and here.issuperset(plans.every)


def _plan(plan: Block, by_plan: Attached, parts: Buckets) -> Fragment:
    chosen = [
        Taken(each.block, each.sure and sure)
        for selection, sure in by_plan.all_to(plan.address)
        for each in taken(selection)
    ]
    rules = [_rule(plan, each) for each in plan.blocks("rule")]
    unseen = hidden(plan, "rule") or any(
        hidden(each, "copy_action") for each in plan.blocks("rule")
    )
    what = f"where {plan.address} puts backups is known only after apply"
    gaps = (gap(plan, what, _COPIES),) if unseen else ()
    return joined(
        [
            *(each.fragment for each in rules),
            Fragment(
                movements=tuple(
                    movement for rule in rules for movement in rule.movements(chosen, parts)
                ),
                uses=tuple(_roles(plan, by_plan)),
                gaps=gaps,
            ),
        ]
    )


def _roles(plan: Block, by_plan: Attached) -> Iterator[Use]:
    for selection in by_plan.to(plan.address):
        role = selection.link("iam_role_arn", "aws_iam_role")
        for each in role.every:
            yield Use(plan.address, each, "role for backups", selection.source, role.sure)


@dataclass(frozen=True, slots=True)
class _Place:
    """A vault that a rule writes into, and how long what it writes stays there."""

    vaults: tuple[str, ...]
    sure: bool
    kept_s: float | None
    fragment: Fragment


@dataclass(frozen=True, slots=True)
class _Rule:
    block: Block
    via: str
    into: _Place
    copies: tuple[_Place, ...]
    every_s: float | None  # the longest time from one run to the next, by its schedule
    between_s: float | None  # the same at most, clocks that are set back included
    window_s: float | None  # from when a run is due until it must be complete
    continuous: bool | None
    timed: bool  # whether all of these are told

    @property
    def fragment(self) -> Fragment:
        return joined(each.fragment for each in (self.into, *self.copies))

    def movements(self, chosen: Iterable[Taken], parts: Buckets) -> Iterator[Movement]:
        for each in chosen:
            sure = each.sure and _can_be_backed_up(each.block, parts)
            for name in _holdings_of(each.block):
                yield from self._of(name, each.block.instance.type, sure)

    def _of(self, source: str, kind: str, sure: bool) -> Iterator[Movement]:
        point = _CONTINUOUS_S.get(kind) if self.continuous else None
        lag = _added(self.between_s, self.window_s)
        for vault in self.into.vaults:
            moved = self._movement(Way.BACKUP, source, vault, self.into, sure)
            least = 0.0 if point else self.every_s or 0.0
            yield replace(
                moved,
                lag_least_s=least,
                lag_most_s=point or lag,
                point_in_time=point is not None,
            )
        # A copy begins when the backup is complete, and nothing says when it must end: it is
        # taken to be done before the next run. What is copied is the state of the last run.
        copied = _added(lag, self.between_s)
        for place in self.copies:
            for vault in place.vaults:
                moved = self._movement(Way.COPY, source, vault, place, sure)
                via = f"{self.via}, copy (taken to be done before the next run)"
                yield replace(moved, lag_least_s=self.every_s or 0.0, lag_most_s=copied, via=via)

    def _movement(self, way: Way, source: str, vault: str, into: _Place, sure: bool) -> Movement:
        return Movement(
            way,
            source,
            vault,
            self.block.source,
            kept_s=into.kept_s,
            via=self.via,
            sure=sure and into.sure,
            timed=self.timed,
        )


def _rule(plan: Block, rule: Block) -> _Rule:
    name = written.text(rule, "rule_name", "")
    start = written.number(rule, "start_window", _START_MINUTES)
    completion = written.number(rule, "completion_window", _COMPLETION_MINUTES)
    window = _added(start, completion)
    return _Rule(
        block=rule,
        via=f"backup plan {plan.address}, rule {name}",
        into=_into(plan, rule),
        copies=tuple(_copied_to(plan, each) for each in rule.blocks("copy_action")),
        every_s=_every_s(rule),
        between_s=_between_s(rule),
        window_s=None if window is None else window * _MINUTE_S,
        continuous=written.flag(rule, "enable_continuous_backup", default=False),
        timed=all(written.told(rule, each) for each in _TIMES),
    )


def _every_s(rule: Block) -> float | None:
    schedule = written.text(rule, "schedule")
    return longest_gap_s(schedule) if schedule else None


def _between_s(rule: Block) -> float | None:
    every = _every_s(rule)
    zone = written.text(rule, "schedule_expression_timezone", "UTC")
    # Where clocks are set back, one night is an hour longer.
    return every if zone in _UTC else _added(every, _HOUR_S)


def _added(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


def _kept_s(block: Block) -> float | None:
    lifecycle = block.block("lifecycle")
    days = written.number(lifecycle, "delete_after", None)
    return None if days is None else days * _DAY_S


def _into(plan: Block, rule: Block) -> _Place:
    link = rule.link("target_vault_name", *_VAULTS)
    there = replace(_unread_vault(plan), region=plan.resource.region)
    return _place(plan, rule, link, there)


def _copied_to(plan: Block, action: Block) -> _Place:
    link = action.link("destination_vault_arn", *_VAULTS)
    arn = next(iter(link.outside), "")
    region, account = place_named(arn)
    there = replace(moved_to(_unread_vault(plan), plan, region), region=region, account=account)
    if region is None:
        there = replace(there, jurisdiction=None)
    return _place(plan, action, link, there)


def _unread_vault(plan: Block) -> Holding:
    """Return a vault that was not read: always encrypted, who may do what is not told."""
    return replace(
        holding(plan, Rest.BACKUP, "aws backup"),
        encrypted=True,
        encrypted_in_transit=True,
        multi_zone=True,
    )


def _place(plan: Block, block: Block, link: Link, there: Holding) -> _Place:
    """Return the vaults of a rule or a copy action; what is kept who knows how long is not sure."""
    others = tuple(replace(there, id=f"{plan.address}/{each}") for each in link.outside)
    opened = link.certainty is Certainty.OPEN
    what = f"a vault that {plan.address} writes to is known only after apply"
    gaps = (gap(block, what, _COPIES),) if opened else ()
    vaults = (*link.to, *(each.id for each in others))
    sure = link.sure and written.told(block.block("lifecycle"), "delete_after")
    return _Place(vaults, sure, _kept_s(block), Fragment(holdings=others, gaps=gaps))


# What is backed up


def _holdings_of(block: Block) -> tuple[str, ...]:
    """Return the holdings of a resource; a machine's are its disks."""
    if block.instance.type == "aws_instance":
        return tuple(each.id for each in disks_of(block).holdings)
    return (block.address,)


def _can_be_backed_up(block: Block, parts: Buckets) -> bool:
    """Return whether a backup succeeds: a bucket must have versions."""
    return block.instance.type != BUCKET or versioned(block, parts) is True
