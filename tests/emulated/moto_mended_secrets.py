"""What moto's Secrets Manager does otherwise than AWS's: it forgets the keys of replicas."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from unittest.mock import patch

from moto.secretsmanager.models import FakeSecret, ReplicaSecret

_created = FakeSecret.create_replicas


def mendings() -> Iterator[Any]:
    """Yield what mends moto, to be entered."""
    yield patch.object(FakeSecret, "create_replicas", _create)


def _create(
    self: FakeSecret, replica_regions: Sequence[Mapping[str, str]], force_overwrite: bool
) -> list[ReplicaSecret]:
    replicas = _created(self, list(map(dict, replica_regions)), force_overwrite)
    for replica, asked in zip(replicas, replica_regions, strict=True):
        replica.config["KmsKeyId"] = asked.get("KmsKeyId", replica.config["KmsKeyId"])
    return replicas
