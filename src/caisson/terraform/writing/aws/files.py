"""Files: a bucket in each place; what is put into the home's comes to the standby's."""

from collections.abc import Iterator

from caisson.terraform.writing.aws import access_logs, replication
from caisson.terraform.writing.aws.alarms import Watch
from caisson.terraform.writing.aws.bucket_parts import Closed, old_versions
from caisson.terraform.writing.aws.documents import Condition, Statement
from caisson.terraform.writing.aws.stores import StoreHere, days, in_places
from caisson.terraform.writing.blueprint import Area, Blueprint, Place
from caisson.terraform.writing.model import Block, Part, Value
from caisson.terraform.writing.references import attribute

FILE = "files"
# How long one can go back to a file that was replaced or deleted, where nothing is said.
_OLD_DAYS = 30
_ERRORS = 0.01  # of all requests
_METRICS = "everything"


def write(area: Area, plan: Blueprint) -> Iterator[Part]:
    stores = [in_places(FILE, area, each.store, plan) for each in plan.replica_sets(area, "files")]
    for home, *standbys in stores:
        for here in (home, *standbys):
            yield from _store(here, home)
        for standby in standbys:
            yield from replication.replicated(
                home, closed(home), standby, closed(standby), _settled(home, standby)
            )
    for place in area.places:
        yield from _logs([each for store in stores for each in store if each.place == place])


def closed(here: StoreHere) -> Closed:
    body: dict[str, Value] = {"bucket": here.called(here.place.account)}
    return Closed(here.block("aws_s3_bucket", body))


def _store(here: StoreHere, home: StoreHere) -> Iterator[Part]:
    made = closed(here)
    yield made.bucket
    yield from made.closing()
    yield made.encrypted(here.key_arn)
    yield made.versioning()
    yield made.lifecycle(old_versions(_old_days(here)))
    yield from _locked(here)
    yield from made.policy(*_only_own_key(here, made))
    yield _logging(here, made)
    yield _changes(made)
    yield from _watched(here, made)
    endpoint = f"{attribute(closed(home).bucket, 'bucket_regional_domain_name')}:443"
    yield from here.outputs(endpoint, made.arn)


def _only_own_key(here: StoreHere, made: Closed) -> Iterator[Statement]:
    """Yield that nobody puts a file with less encryption than the bucket's, or another key."""
    for sid, variable, value in (
        ("OnlyKms", "s3:x-amz-server-side-encryption", "aws:kms"),
        ("OnlyItsKey", "s3:x-amz-server-side-encryption-aws-kms-key-id", here.key_arn),
    ):
        told = Condition("Null", variable, ("false",))
        other = Condition("StringNotEquals", variable, (value,))
        yield made.denied(sid, ("s3:PutObject",), told, other)


def _old_days(here: StoreHere) -> int:
    backup = here.store.backup
    return _OLD_DAYS if backup is None else days(backup.keep)


def _locked(here: StoreHere) -> Iterator[Block]:
    """Yield that a version stays for its time, whoever asks to delete it."""
    backup = here.store.backup
    if backup is None or backup.locked is None:
        return
    made = closed(here)
    kept: dict[str, Value] = {"mode": "COMPLIANCE", "days": days(backup.locked)}
    body: dict[str, Value] = {
        "rule": {"default_retention": kept},
        "depends_on": [made.versioning().address],
    }
    comment = "For this time nobody deletes a version, not even who owns the account."
    yield made.part("aws_s3_bucket_object_lock_configuration", body, comment)


def _settled(home: StoreHere, standby: StoreHere) -> list[str]:
    """Return what must be there before anything is replicated."""
    both = (home, standby)
    versions = [closed(each).versioning().address for each in both]
    return [*versions, *(lock.address for each in both for lock in _locked(each))]


def _logging(here: StoreHere, made: Closed) -> Block:
    log = access_logs.target(FILE, here.place, here.plan)
    body: dict[str, Value] = {
        "target_bucket": attribute(log, "id"),
        "target_prefix": f"{here.first_name}/",
        # Before its policy is there, S3 may not write into it.
        "depends_on": [f"aws_s3_bucket_policy.{log.name}"],
    }
    return made.part("aws_s3_bucket_logging", body)


def _changes(made: Closed) -> Block:
    comment = "Whoever is to know what changes listens to these events, AWS Backup among them."
    return made.part("aws_s3_bucket_notification", {"eventbridge": True}, comment)


def _logs(stores: list[StoreHere]) -> Iterator[Block]:
    """Yield the bucket of a place for the logs of its stores."""
    if stores:
        place: Place = stores[0].place
        arns = [closed(each).arn for each in stores]
        yield from access_logs.logged(FILE, place, stores[0].plan, arns)


def _watched(here: StoreHere, made: Closed) -> Iterator[Block]:
    yield made.part("aws_s3_bucket_metric", {"name": _METRICS})
    dimensions = {"BucketName": here.called(here.place.account), "FilterId": _METRICS}
    yield here.alarm(
        "errors",
        Watch("AWS/S3", "5xxErrors", dimensions, _ERRORS, missing="notBreaching"),
        f"S3 fails to answer requests for {here.name}.",
    )
