"""Postgres: a database over two zones of a home, and one in the standby that follows it.

Blocks are named by where they are and not by what they are there: when home and standby of a
jurisdiction change places, the database in the new home is promoted where it is.
"""

from collections.abc import Iterator

from caisson.terraform.writing.aws import handles, monitoring
from caisson.terraform.writing.aws.passwords import password
from caisson.terraform.writing.aws.sizes import instance_class
from caisson.terraform.writing.aws.stores import StoreHere, days, in_places
from caisson.terraform.writing.blueprint import Area, Blueprint
from caisson.terraform.writing.model import Block, Output, Part, Value, Variable
from caisson.terraform.writing.names import label
from caisson.terraform.writing.references import attribute, expression

FILE = "postgres"
PORT = 5432
ADMINISTRATOR = "administrator"
# Raised to give the administrator another password than the one that is kept.
PASSWORD_VERSION = "administrator_password_version"  # noqa: S105  a name, no password
_VERSION, _FAMILY = "17", "postgres17"
_CERTIFICATE = "rds-ca-rsa2048-g1"
# What RDS keeps automated backups at most, and what it keeps of a store that declares none: a
# database that another one follows has to have some.
_MOST_DAYS, _LEAST_DAYS = 35, 7
_BACKUPS = "03:00-04:00"
# A standby is patched a day before its home is.
_MAINTENANCE, _STANDBY_MAINTENANCE = "sun:05:00-sun:06:00", "sat:05:00-sat:06:00"
_LOGS = ("postgresql", "upgrade")
# How much disk there is at first, and how far it grows by itself: GiB, by `sizes`.
_GIB = {"normal": (100, 1000), "small": (20, 100)}
_INSIGHTS_DAYS = 7
_PARAMETERS = {
    # Without TLS there is no connection.
    "rds.force_ssl": "1",
    "ssl_min_protocol_version": "TLSv1.2",
    # What is slow, waits or changes the schema is in the log, without the values it was given.
    "log_statement": "ddl",
    "log_min_duration_statement": "1000",
    "log_parameter_max_length": "0",
    "log_lock_waits": "1",
    "log_connections": "1",
    "log_disconnections": "1",
    # A transaction that somebody forgot holds up the cleaning of every table.
    "idle_in_transaction_session_timeout": "300000",
}
_SUBNETS = "aws_db_subnet_group"


def write(area: Area, plan: Blueprint) -> Iterator[Part]:
    stores = tuple(each.store for each in plan.replica_sets(area, "postgres"))
    if stores:
        for place in area.places:
            databases = tuple(StoreHere(FILE, place, each, plan).called() for each in stores)
            yield from monitoring.parts(place, databases, plan)
        about = "Raise it by one to give the administrators of all databases new passwords."
        yield Variable(PASSWORD_VERSION, "number", about, default=1)
    for name in stores:
        home, *standbys = in_places(FILE, area, name, plan)
        yield from _around(home)
        yield password(home, ADMINISTRATOR)
        yield primary(home)
        yield _told(home, primary(home))
        for each in standbys:
            yield from _around(each)
            yield standby(each, home)
            yield _told(each, standby(each, home))
            if home.store.backup is not None and home.store.backup.wal:
                yield _kept_elsewhere(each, home)


def database(here: StoreHere) -> str:
    """Return the name of the store's database, which it keeps: no other name can be given it."""
    return label(here.first_name)


# What stands around the databases


def _around(here: StoreHere) -> Iterator[Block]:
    yield here.subnet_group(_SUBNETS)
    yield _parameter_group(here)
    yield from _log_groups(here)


def _parameter_group(here: StoreHere) -> Block:
    body: dict[str, Value] = {
        "name": here.called(_FAMILY, limit=255),
        "description": f"How {here.first_name} is set up.",
        "family": _FAMILY,
        "parameter": [{"name": name, "value": value} for name, value in _PARAMETERS.items()],
        "lifecycle": {"create_before_destroy": True},
    }
    return here.block("aws_db_parameter_group", body)


def _log_groups(here: StoreHere) -> tuple[Block, ...]:
    return tuple(
        here.log_group(f"/aws/rds/instance/{here.called()}/{each}", each) for each in _LOGS
    )


# The databases


def primary(here: StoreHere) -> Block:
    first, _ = _GIB[_size(here)]
    body: dict[str, Value] = {
        **_identity(here),
        "engine": "postgres",
        "engine_version": _VERSION,
        "allocated_storage": first,
        "db_name": database(here),
        "username": ADMINISTRATOR,
        "password_wo": attribute(password(here, ADMINISTRATOR), "random_password"),
        "password_wo_version": expression(f"var.{PASSWORD_VERSION}"),
        **_common(here, _MAINTENANCE),
    }
    return here.block("aws_db_instance", body)


def standby(here: StoreHere, home: StoreHere) -> Block:
    body: dict[str, Value] = {
        **_identity(here),
        "replicate_source_db": attribute(primary(home), "arn"),
        **_common(here, _STANDBY_MAINTENANCE),
        # The first copy of a large database travels for hours.
        "timeouts": {"create": "6h"},
    }
    comment = f"It follows that of {home.place.region} and takes no writes until it is promoted."
    return here.block("aws_db_instance", body, comment=comment)


def _identity(here: StoreHere) -> dict[str, Value]:
    size = instance_class(here.plan, here.place.environment, "postgres")
    return {"identifier": here.called(), "instance_class": size}


def _common(here: StoreHere, maintenance: str) -> dict[str, Value]:
    """Return what both have alike, so that the standby is what the primary was."""
    return {
        **_storage(here),
        "port": PORT,
        "multi_az": True,
        "publicly_accessible": False,
        "db_subnet_group_name": attribute(here.subnet_group(_SUBNETS), "name"),
        "vpc_security_group_ids": [here.security_group_id],
        "parameter_group_name": attribute(_parameter_group(here), "name"),
        "iam_database_authentication_enabled": True,
        "ca_cert_identifier": _CERTIFICATE,
        "auto_minor_version_upgrade": True,
        "maintenance_window": maintenance,
        **_watched(here),
        **_recoverable(here),
        "depends_on": [each.address for each in _log_groups(here)],
    }


def _storage(here: StoreHere) -> dict[str, Value]:
    _, most = _GIB[_size(here)]
    return {
        "storage_type": "gp3",
        "max_allocated_storage": most,
        "storage_encrypted": True,
        "kms_key_id": here.key_arn,
    }


def _watched(here: StoreHere) -> dict[str, Value]:
    return {
        "enabled_cloudwatch_logs_exports": list(_LOGS),
        "monitoring_interval": monitoring.INTERVAL_S,
        "monitoring_role_arn": attribute(monitoring.role(here.place, here.plan), "arn"),
        "performance_insights_enabled": True,
        "performance_insights_kms_key_id": here.key_arn,
        "performance_insights_retention_period": _INSIGHTS_DAYS,
    }


def _recoverable(here: StoreHere) -> dict[str, Value]:
    return {
        "backup_retention_period": _kept_days(here),
        "backup_window": _BACKUPS,
        "copy_tags_to_snapshot": True,
        "delete_automated_backups": False,
        "deletion_protection": True,
        "skip_final_snapshot": False,
        "final_snapshot_identifier": here.called("final", limit=255),
    }


def _kept_elsewhere(here: StoreHere, home: StoreHere) -> Block:
    body: dict[str, Value] = {
        "source_db_instance_arn": attribute(primary(home), "arn"),
        "kms_key_id": here.key_arn,
        "retention_period": _kept_days(here),
    }
    comment = f"Backups and WAL of {home.place.region}: a mistake there is in the standby at once."
    return here.part("aws_db_instance_automated_backups_replication", body, comment=comment)


def _kept_days(here: StoreHere) -> int:
    backup = here.store.backup
    return _LEAST_DAYS if backup is None else max(1, min(days(backup.keep), _MOST_DAYS))


def _size(here: StoreHere) -> str:
    return here.plan.declared(here.place.environment).sizes


def _told(here: StoreHere, made: Block) -> Output:
    about = f"The database of {here.name} in {here.place.site}."
    return Output(handles.resource_arn(here.place, here.name), attribute(made, "arn"), about)
