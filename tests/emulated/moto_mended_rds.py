"""What moto's RDS does otherwise than AWS's: with replicas, parameters, and what watches them."""

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from typing import Any
from unittest.mock import patch

from moto.rds.models import DBInstance, DBParameterGroup, RDSBackend

_WATCHED_BY = (
    "enable_performance_insights",
    "performance_insights_kms_key_id",
    "performance_insights_retention_period",
)
_AUTHORITY = "rds-ca-rsa2048-g1"
_made = DBInstance.__init__
_updated = DBParameterGroup.update_parameters


def mendings() -> Iterator[Any]:
    """Yield what mends moto, to be entered."""
    # A replica in another region takes the groups of its primary's region.
    yield patch.object(RDSBackend, "create_db_instance_read_replica", _replicate)
    # It does not find such a replica when that goes.
    yield patch.object(DBInstance, "remove_replica", _forget_replica)
    # It does not say of a parameter that it is the user's.
    yield patch.object(DBParameterGroup, "update_parameters", _update)
    # It forgets performance insights, and signs by an authority that is none of AWS's: to mend
    # that, the provider changes each instance again, and waits for it.
    yield patch.object(DBInstance, "__init__", _make)
    enabled = property(lambda self: bool(self.enable_performance_insights))
    yield patch.object(DBInstance, "performance_insights_enabled", enabled, create=True)


def _make(self: DBInstance, backend: RDSBackend, **asked: Any) -> None:
    _made(self, backend, **{"ca_certificate_identifier": _AUTHORITY, **asked})
    for attribute in _WATCHED_BY:
        setattr(self, attribute, asked.get(attribute))


def _update(self: DBParameterGroup, parameters: Iterable[Mapping[str, Any]]) -> None:
    _updated(self, [{**each, "Source": "user"} for each in parameters])


def _replicate(self: RDSBackend, asked: Mapping[str, Any]) -> DBInstance:
    primary = self.find_db_from_id(asked["source_db_instance_identifier"])
    replica = copy(primary)
    replica.backend = self
    replica.availability_zone = f"{self.region_name}a"
    replica.enabled_cloudwatch_logs_exports = list(asked.get("enable_cloudwatch_logs_exports", ()))
    replica.update(**asked)
    replica.set_as_replica()
    self.databases[replica.db_instance_identifier] = replica
    primary.add_replica(replica)
    return replica


def _forget_replica(self: DBInstance, replica: DBInstance) -> None:
    gone = {replica.db_instance_arn, replica.db_instance_identifier}
    self.replicas = [each for each in self.replicas if each not in gone]
