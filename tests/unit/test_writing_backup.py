import json
from pathlib import Path

import pytest
from writing_support import ESTATE, of_root, read_back, rendered

from caisson.estate.mistakes import EstateErrors
from caisson.terraform.aws.schedules import longest_gap_s
from caisson.terraform.writing.aws.schedules import often_enough
from caisson.topology.resources import Movement, Way

ROOT = "production/us/data"
HOUR_S, DAY_S = 3_600.0, 86_400.0
BACKUP = "backup: {every: 6h, wal: true, keep: 60d, locked: 14d}"
BACKED_UP = ESTATE.replace("system: postgres", f"system: postgres, {BACKUP}").replace(
    "data: personal", f"data: personal, {BACKUP}"
)
VAULT = "aws_backup_vault.us_{}_{}"


def into_vaults(folder: Path) -> dict[tuple[str, Way, bool], Movement]:
    moved = read_back(rendered(folder, BACKED_UP), ROOT).movements
    return {
        (each.target, each.way, each.point_in_time): each
        for each in moved
        if each.target.startswith("aws_backup_vault.")
    }


@pytest.mark.parametrize("kind", ["orders", "uploads"])
def test_backups_are_made_and_copied_to_the_standby(tmp_path: Path, kind: str) -> None:
    found = into_vaults(tmp_path)
    made = found[VAULT.format("west", kind), Way.BACKUP, False]
    copied = found[VAULT.format("east", kind), Way.COPY, False]
    for each in (made, copied):
        assert each.sure
        assert each.kept_s == 60 * DAY_S
    assert made.lag_least_s == 6 * HOUR_S


def test_a_vault_has_backups_of_its_own_store_alone(tmp_path: Path) -> None:
    moved = read_back(rendered(tmp_path, BACKED_UP), ROOT).movements
    sources = {(each.source, each.target) for each in moved if "backup_vault" in each.target}
    kinds = {"orders": "aws_db_instance", "uploads": "aws_s3_bucket"}
    assert sources == {
        (f"{kind}.us_west_{name}", VAULT.format(where, name))
        for name, kind in kinds.items()
        for where in ("west", "east")
    }


def test_every_change_of_files_can_be_restored_for_as_long_as_aws_keeps_it(tmp_path: Path) -> None:
    found = into_vaults(tmp_path)
    continuous = found[VAULT.format("west", "uploads"), Way.BACKUP, True]
    assert continuous.kept_s == 35 * DAY_S
    # Postgres archives its WAL by itself.
    assert (VAULT.format("west", "orders"), Way.BACKUP, True) not in found


def test_vaults_let_nobody_delete_and_are_encrypted_with_the_key_of_what_is_in_them(
    tmp_path: Path,
) -> None:
    rendering = rendered(tmp_path, BACKED_UP)
    held = {each.id: each for each in read_back(rendering, ROOT).holdings}
    blocks = json.loads(of_root(rendering, ROOT)["backup.tf.json"])
    for where in ("west", "east"):
        assert held[VAULT.format(where, "uploads")].deletion_protected
        vault = blocks["resource"]["aws_backup_vault"][f"us_{where}_uploads"]
        assert vault["kms_key_arn"].endswith(f"us_{where}_personal_key_arn}}")
        kept = blocks["data"]["aws_iam_policy_document"][f"us_{where}_uploads_vault"]["statement"]
        assert [each["effect"] for each in kept] == ["Deny"]
        assert "backup:DeleteRecoveryPoint" in kept[0]["actions"]


def test_nothing_is_backed_up_that_does_not_say_so(tmp_path: Path) -> None:
    assert "backup.tf.json" not in of_root(rendered(tmp_path), ROOT)


@pytest.mark.parametrize(
    ("every_s", "expected"),
    [
        (HOUR_S, "cron(0 0/1 * * ? *)"),
        (6 * HOUR_S, "cron(0 0/6 * * ? *)"),
        (DAY_S, "cron(0 3 * * ? *)"),
        (7 * DAY_S, "cron(0 3 ? * SUN *)"),
    ],
)
def test_a_schedule_that_a_person_would_write(every_s: float, expected: str) -> None:
    assert often_enough(every_s) == expected


@pytest.mark.parametrize("hours", [1, 1.5, 5, 12, 23, 24, 36, 48, 24 * 5, 24 * 7, 24 * 20, 24 * 90])
def test_a_schedule_is_never_too_seldom(hours: float) -> None:
    gap = longest_gap_s(often_enough(hours * HOUR_S))
    assert gap is not None
    assert gap <= hours * HOUR_S


@pytest.mark.parametrize(
    ("store", "key", "remedy"),
    [
        ("{system: postgres, backup: {every: 30m, keep: 60d}}", "every", "write 1h"),
        ("{system: postgres, backup: {every: 1d, keep: 7d, locked: 8d}}", "locked", "7d at most"),
        (
            "{system: files, backup: {every: 1d, keep: 60d, locked: 40d, wal: true}}",
            "locked",
            "35d",
        ),
        ("{system: redis, backup: {every: 6h, keep: 7d}}", "every", "write 1d"),
        ("{system: redis, backup: {every: 1d, keep: 36d}}", "keep", "35d or less"),
        ("{system: redis, backup: {every: 1d, keep: 7d, wal: true}}", "wal", "leave `wal` out"),
        ("{system: redis, backup: {every: 1d, keep: 7d, locked: 7d}}", "locked", "or files"),
        ("{system: opensearch, backup: {every: 1h, keep: 15d}}", "keep", "14d or less"),
        ("{system: memcached, backup: {every: 1d, keep: 7d}}", "backup", "leave `backup` out"),
    ],
)
def test_what_aws_cannot_do_is_refused_at_its_line(
    tmp_path: Path, store: str, key: str, remedy: str
) -> None:
    text = ESTATE.replace("cache:    {system: memcached, rebuildable: true}", f"cache: {store}")
    with pytest.raises(EstateErrors) as refused:
        rendered(tmp_path, text)
    (mistake,) = refused.value.mistakes
    line = text.splitlines()[mistake.source.line - 1]
    assert line[mistake.source.column - 1 :].startswith(f"{key}:")
    assert remedy in mistake.remedy


def test_what_aws_can_do_just_so_is_made(tmp_path: Path) -> None:
    text = ESTATE.replace(
        "sessions: {system: redis}", "sessions: {system: redis, backup: {every: 1d, keep: 35d}}"
    )
    blocks = json.loads(of_root(rendered(tmp_path, text), ROOT)["redis.tf.json"])["resource"]
    groups = blocks["aws_elasticache_replication_group"].values()
    assert [each["snapshot_retention_limit"] for each in groups] == [35, 35]
