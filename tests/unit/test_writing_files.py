import json
from pathlib import Path

from writing_support import ESTATE, of_root, read_back, rendered

from caisson.topology.resources import Movement, Way

ROOT = "production/us/data"
HOME, STANDBY = "aws_s3_bucket.us_west_uploads", "aws_s3_bucket.us_east_uploads"
LOCKED = ESTATE.replace(
    "data: personal}", "data: personal, backup: {every: 1d, keep: 40d, locked: 7d}}"
)


def blocks(folder: Path, text: str = ESTATE, root: str = ROOT) -> dict[str, dict[str, dict]]:
    found = json.loads(of_root(rendered(folder, text), root)["files.tf.json"])
    resources: dict[str, dict[str, dict]] = found["resource"]
    return resources


def replications(folder: Path, text: str) -> list[Movement]:
    moved = read_back(rendered(folder, text), ROOT).movements
    return [each for each in moved if (each.source, each.target) == (HOME, STANDBY)]


def test_a_bucket_is_closed_encrypted_and_keeps_versions(tmp_path: Path) -> None:
    held = {each.id: each for each in read_back(rendered(tmp_path), ROOT).holdings}
    for each in (HOME, STANDBY, "aws_s3_bucket.us_west_access_logs"):
        assert held[each].public is False
        assert held[each].versioned
        assert held[each].encrypted_in_transit
    default = blocks(tmp_path)["aws_s3_bucket_server_side_encryption_configuration"]
    rule = default["us_east_uploads"]["rule"]["apply_server_side_encryption_by_default"]
    assert rule["kms_master_key_id"].endswith("keys.outputs.us_east_personal_key_arn}")


def test_logs_are_written_once_they_may_be(tmp_path: Path) -> None:
    logging = blocks(tmp_path)["aws_s3_bucket_logging"]["us_west_uploads"]
    assert logging["target_bucket"] == "${aws_s3_bucket.us_west_access_logs.id}"
    assert logging["depends_on"] == ["aws_s3_bucket_policy.us_west_access_logs"]


def test_files_come_to_the_standby_within_what_aws_promises(tmp_path: Path) -> None:
    for text in (ESTATE, LOCKED):
        moved = replications(tmp_path, text)
        assert [(each.way, each.lag_most_s, each.sure) for each in moved] == [
            (Way.REPLICATION, 900.0, True)
        ]
    assert "aws_s3_bucket_replication_configuration" not in blocks(
        tmp_path, root="production/eu/data"
    )


def test_the_role_reads_one_bucket_and_writes_the_other(tmp_path: Path) -> None:
    found = json.loads(of_root(rendered(tmp_path), ROOT)["files.tf.json"])
    rights = found["data"]["aws_iam_policy_document"]["us_west_uploads_replication"]["statement"]
    named = {each["sid"]: each["resources"] for each in rights}
    assert named["Read"] == [f"${{{HOME}.arn}}/*"]
    assert named["Write"] == [f"${{{STANDBY}.arn}}/*"]
    assert not any("*" in action for each in rights for action in each["actions"])


def test_nobody_deletes_what_is_locked(tmp_path: Path) -> None:
    assert "aws_s3_bucket_object_lock_configuration" not in blocks(tmp_path)
    locks = blocks(tmp_path, LOCKED)["aws_s3_bucket_object_lock_configuration"]
    assert [each["rule"] for each in locks.values()] == [
        {"default_retention": {"mode": "COMPLIANCE", "days": 7}}
    ] * 2
    # A lock that is added to a bucket does not make another bucket of it.
    assert not any(
        "object_lock_enabled" in each for each in blocks(tmp_path, LOCKED)["aws_s3_bucket"].values()
    )


def test_what_was_deleted_stays_as_long_as_a_backup(tmp_path: Path) -> None:
    def noncurrent_days(text: str) -> int:
        rules = blocks(tmp_path, text)["aws_s3_bucket_lifecycle_configuration"]["us_west_uploads"]
        (days,) = (
            each["noncurrent_version_expiration"]["noncurrent_days"]
            for each in rules["rule"]
            if "noncurrent_version_expiration" in each
        )
        return int(days)

    assert noncurrent_days(ESTATE) == 30
    assert noncurrent_days(LOCKED) == 40
