"""AWS Backup: a vault of each store in each place, what is put into the home's, and the copies.

It backs up what is in Postgres and in files. Redis and OpenSearch make their own snapshots, and
Postgres archives its WAL by itself: taken over by AWS Backup, the database's retention could no
longer be changed together with it.
"""

from collections.abc import Iterator

from caisson.estate.model import Backup, Store
from caisson.terraform.writing.aws import files, handles, postgres
from caisson.terraform.writing.aws.alarms import Watch
from caisson.terraform.writing.aws.documents import (
    Effect,
    Statement,
    assumed_by,
    document,
    equal,
    policy,
)
from caisson.terraform.writing.aws.schedules import often_enough
from caisson.terraform.writing.aws.stores import StoreHere, days, in_places
from caisson.terraform.writing.aws.unkept import MOST_CONTINUOUS_DAYS
from caisson.terraform.writing.blueprint import Area, Blueprint
from caisson.terraform.writing.model import Block, Part, Value
from caisson.terraform.writing.names import label
from caisson.terraform.writing.references import attribute, remote

_FILE = "backup"
_LIMIT = 50
# The time in which one can take a lock back. Three days is the least.
_DAYS_UNTIL_LOCKED = 3
_START_MINUTES, _COMPLETION_MINUTES = 60, 360
# An alarm looks back a week at most.
_MOST_ALARM_DAYS = 7
_POLICIES = {
    "postgres": "service-role/AWSBackupServiceRolePolicyForBackup",
    "files": "AWSBackupServiceRolePolicyForS3Backup",
}


def write(area: Area, plan: Blueprint) -> Iterator[Part]:
    stores = [
        in_places(_FILE, area, each.store, plan)
        for each in plan.replica_sets(area, *_POLICIES)
        if plan.estate.stores[each.store].backup is not None
    ]
    if stores:
        systems = tuple(dict.fromkeys(home.store.system for home, *_ in stores))
        yield from _role_and_rights(area, plan, systems)
    for home, *standbys in stores:
        for here in (home, *standbys):
            yield from _vault_and_locks(here)
        yield from _backed_up(home, standbys, _role(area, plan))


def _continuous(store: Store, backup: Backup) -> bool:
    return backup.wal and store.system == "files"


# Vaults


def _vault(here: StoreHere) -> Block:
    body: dict[str, Value] = {"name": here.called(limit=_LIMIT), "kms_key_arn": here.key_arn}
    return here.block("aws_backup_vault", body)


def _vault_and_locks(here: StoreHere) -> Iterator[Block]:
    vault = _vault(here)
    yield vault
    name: dict[str, Value] = {"backup_vault_name": attribute(vault, "name")}
    kept = _kept(here)
    yield kept
    yield here.part("aws_backup_vault_policy", {**name, "policy": policy(kept)})
    backup = here.store.backup
    if backup is not None and backup.locked is not None:
        lock: dict[str, Value] = {
            **name,
            "min_retention_days": days(backup.locked),
            "changeable_for_days": _DAYS_UNTIL_LOCKED,
        }
        comment = "After these days nobody can take the lock off, not even AWS."
        yield here.part("aws_backup_vault_lock_configuration", lock, comment=comment)


def _kept(here: StoreHere) -> Block:
    """Return the vault's policy: a backup ends when its time is over, and not before."""
    statement = Statement(
        "NobodyDeletes",
        ("backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"),
        ("*",),
        Effect.DENY,
        principals={"AWS": ("*",)},
    )
    return document(
        _FILE, label(here.place.region, here.name, "vault"), here.place.label, statement
    )


# Plans


def _backed_up(home: StoreHere, standbys: list[StoreHere], role: Block) -> Iterator[Block]:
    backup = home.store.backup
    if backup is None:
        return
    rules = [_regular(home, standbys, backup)]
    if _continuous(home.store, backup):
        rules.append(_every_change(home, backup))
    name = home.called(limit=_LIMIT)
    plan = home.block("aws_backup_plan", {"name": name, "rule": list[Value](rules)})
    yield plan
    selected: dict[str, Value] = {
        "name": name,
        "plan_id": attribute(plan, "id"),
        "iam_role_arn": attribute(role, "arn"),
        "resources": [_arn(home)],
    }
    yield home.part("aws_backup_selection", selected)
    yield from _alarms(home, backup)


def _arn(here: StoreHere) -> str:
    """Return what is backed up."""
    if here.store.system == "postgres":
        database = StoreHere(postgres.FILE, here.place, here.name, here.plan)
        return attribute(postgres.primary(database), "arn")
    return files.closed(StoreHere(files.FILE, here.place, here.name, here.plan)).arn


def _regular(home: StoreHere, standbys: list[StoreHere], backup: Backup) -> dict[str, Value]:
    kept: dict[str, Value] = {"delete_after": days(backup.keep)}
    copies: list[Value] = [
        {"destination_vault_arn": attribute(_vault(each), "arn"), "lifecycle": kept}
        for each in standbys
    ]
    return {
        "rule_name": "regular",
        **_into(home, backup),
        "lifecycle": kept,
        "copy_action": copies,
    }


def _every_change(home: StoreHere, backup: Backup) -> dict[str, Value]:
    kept = min(days(backup.keep), MOST_CONTINUOUS_DAYS)
    return {
        "rule_name": "every-change",
        **_into(home, backup),
        "enable_continuous_backup": True,
        "lifecycle": {"delete_after": kept},
    }


def _into(home: StoreHere, backup: Backup) -> dict[str, Value]:
    return {
        "target_vault_name": attribute(_vault(home), "name"),
        "schedule": often_enough(backup.every),
        "start_window": _START_MINUTES,
        "completion_window": _COMPLETION_MINUTES,
    }


# The role


def _role(area: Area, plan: Blueprint) -> Block:
    called = plan.name(area, _FILE, limit=handles.ROLE_LETTERS)
    body: dict[str, Value] = {
        "name": called,
        "description": f"Backs up the stores of {area.environment} in {area.jurisdiction}.",
        "assume_role_policy": policy(_trust(area)),
        "permissions_boundary": remote(handles.BASE, handles.boundary_arn()),
        "tags": {"Name": called},
    }
    return Block(_FILE, "aws_iam_role", _FILE, area.home.label, body)


def _trust(area: Area) -> Block:
    trusted = assumed_by("backup", equal("aws:SourceAccount", area.account))
    return document(_FILE, label(_FILE, "trust"), area.home.label, trusted)


def _role_and_rights(area: Area, plan: Blueprint, systems: tuple[str, ...]) -> Iterator[Block]:
    yield _trust(area)
    role = _role(area, plan)
    yield role
    for system in systems:
        body: dict[str, Value] = {
            "role": attribute(role, "name"),
            "policy_arn": f"arn:aws:iam::aws:policy/{_POLICIES[system]}",
        }
        kind = "aws_iam_role_policy_attachment"
        yield Block(_FILE, kind, label(_FILE, system), area.home.label, body)


# Alarms


def _alarms(home: StoreHere, backup: Backup) -> Iterator[Block]:
    vault = {"BackupVaultName": home.called(limit=_LIMIT)}
    yield home.alarm(
        "backup-failed",
        Watch(
            "AWS/Backup",
            "NumberOfBackupJobsFailed",
            vault,
            0,
            statistic="Sum",
            minutes=60,
            times=1,
            missing="notBreaching",
        ),
        f"A backup of {home.name} failed.",
    )
    yield home.alarm(
        "backup-missing",
        Watch(
            "AWS/Backup",
            "NumberOfBackupJobsCompleted",
            vault,
            1,
            above=False,
            statistic="Sum",
            minutes=60 * 24,
            times=min(days(backup.every), _MOST_ALARM_DAYS),
            missing="breaching",
        ),
        f"For longer than was declared there is no new backup of {home.name}.",
    )
