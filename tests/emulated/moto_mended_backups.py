"""What moto's RDS lacks: automated backups that are replicated to another region."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from moto.core.responses import ActionResult
from moto.rds.exceptions import RDSClientError
from moto.rds.models import RDSBackend
from moto.rds.responses import RDSResponse

_described = RDSResponse.describe_db_instance_automated_backups
_REPLICATION = "db_instance_automated_backups_replication"
_ARN, _SOURCE = "DBInstanceAutomatedBackupsArn", "SourceDBInstanceArn"


def mendings() -> Iterator[Any]:
    """Yield what mends moto, to be entered."""
    for name, method in (
        (f"start_{_REPLICATION}", _start),
        (f"stop_{_REPLICATION}", _stop),
        ("describe_db_instance_automated_backups", _describe),
    ):
        yield patch.object(RDSResponse, name, method, create=True)


def _start(self: RDSResponse) -> ActionResult:
    source = self.params[_SOURCE]
    _, _, _, region, account, _, name = source.split(":")
    here: RDSBackend = self.backend
    arn = f"arn:aws:rds:{here.region_name}:{account}:auto-backup:ab-{name}"
    made = {
        _ARN: arn,
        "DBInstanceArn": source,
        "DBInstanceIdentifier": name,
        "Region": region,
        "Status": "replicating",
        "Encrypted": True,
        "KmsKeyId": self.params.get("KmsKeyId"),
        "BackupRetentionPeriod": self.params.get("BackupRetentionPeriod"),
    }
    _replicated(here)[arn] = made
    return ActionResult({"DBInstanceAutomatedBackup": made})


def _stop(self: RDSResponse) -> ActionResult:
    replicated = _replicated(self.backend)
    arn = next(
        (arn for arn, each in replicated.items() if each["DBInstanceArn"] == self.params[_SOURCE]),
        None,
    )
    return ActionResult({"DBInstanceAutomatedBackup": _found(replicated.pop(arn or "", None))})


def _describe(self: RDSResponse) -> ActionResult:
    if (arn := self.params.get(_ARN)) is None:
        return _described(self)
    found = _found(_replicated(self.backend).get(arn))
    return ActionResult({"DBInstanceAutomatedBackups": [found]})


def _found(backups: dict[str, Any] | None) -> dict[str, Any]:
    if backups is None:
        raise RDSClientError("DBInstanceAutomatedBackupNotFound", "there are no such backups")
    return backups


def _replicated(backend: RDSBackend) -> dict[str, dict[str, Any]]:
    """Return what comes to this region from others, by its ARN."""
    kept: dict[str, dict[str, Any]] = backend.__dict__.setdefault("replicated", {})
    return kept
