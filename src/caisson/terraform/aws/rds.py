"""RDS: database instances, their replicas, backups and logs. Aurora is in `aurora.py`."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from caisson.terraform.aws import engines
from caisson.terraform.aws.at_rest import AtRest, by_flag, by_key, certain_keys
from caisson.terraform.aws.carried import followed
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.naming import Names
from caisson.terraform.aws.parameters import family_version, setting
from caisson.terraform.aws.presence import unset
from caisson.terraform.aws.seats import port, seated, subnets_of_group
from caisson.terraform.aws.stores import (
    POINT_IN_TIME_LAG_S,
    backed_up,
    deleted_last,
    logs_exported,
    unread,
    uses,
)
from caisson.terraform.aws.typed import given
from caisson.terraform.aws.written import flag, number, text
from caisson.terraform.fragment import NO_FRAGMENT, Fragment, joined
from caisson.terraform.model import Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import Ports
from caisson.topology.resources import Holding, Movement, Question, Rest, Use, Way

INSTANCE = "aws_db_instance"
CLUSTER = "aws_rds_cluster"
SNAPSHOTS = ("aws_db_snapshot", "aws_db_snapshot_copy")
PARAMETERS = ("parameter_group_name", "aws_db_parameter_group")
TYPES = frozenset(
    {
        INSTANCE,
        "aws_db_subnet_group",
        "aws_db_parameter_group",
        "aws_db_option_group",
        "aws_db_event_subscription",
        "aws_db_instance_role_association",
        "aws_rds_certificate",
        "aws_rds_instance_state",
        "aws_rds_reserved_instance",
    }
)


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    instances = [_instance(names, each) for each in reading.of(INSTANCE)]
    roles = [_role(each) for each in reading.of("aws_db_instance_role_association")]
    return joined([*instances, *roles])


def _instance(names: Names, block: Block) -> Fragment:
    at_rest = encryption(block)
    store = store_of(block)
    return joined(
        [
            Fragment(holdings=(store,)),
            at_rest.gaps(block),
            _seat(names, block, store),
            _backups(block, store),
            _origin(block, store),
            _logs(block, store),
            insights(block, store),
            _needs(block),
        ]
    )


def store_of(block: Block) -> Holding:
    """Return what a database instance holds."""
    found = holding(
        block, Rest.REPLICA if _replicated(block) else Rest.STORE, engines.system(engine(block))
    )
    return encryption(block).on(
        replace(
            found,
            encrypted_in_transit=_in_transit(block),
            public=flag(block, "publicly_accessible", default=False),
            # A standby in another zone gets every commit before it is acknowledged.
            multi_zone=flag(block, "multi_az", default=None if _restored(block) else False),
            deletion_protected=flag(block, "deletion_protection", default=False),
        )
    )


def engine(block: Block) -> str | None:
    """Return the engine, a replica's being that of what it follows."""
    return text(_root(block), "engine")


def encryption(block: Block) -> AtRest:
    """Return the encryption at rest.

    Off by default (Terraform AWS provider, `storage_encrypted`). A replica in the region of what
    it follows is encrypted as that is; what comes from a backup is encrypted as the backup.
    """
    said = _first_here(block, _says_encryption)
    if said is None:
        return AtRest(None)
    flagged = flag(said, "storage_encrypted", default=False)
    if _copied(said) and flagged is not True:
        # Of an encrypted backup comes an encrypted database, whatever the flag says.
        return by_key(said, "kms_key_id", without=None)
    return by_flag(said, "kms_key_id", flagged=flagged)


def _says_encryption(block: Block) -> bool:
    """Return whether its encryption does not follow from what its data came from."""
    flagged = flag(block, "storage_encrypted", default=False)
    return flagged is True or not unset(block, "kms_key_id") or not _replicated(block)


def _copied(block: Block) -> bool:
    return _replicated(block) or _restored(block)


def _replication(block: Block) -> Link:
    return given(block, "replicate_source_db", INSTANCE, CLUSTER)


def _replicated(block: Block) -> bool:
    return not unset(block, "replicate_source_db")


def _restored(block: Block) -> bool:
    return not unset(block, "snapshot_identifier") or bool(block.blocks("restore_to_point_in_time"))


def _source(block: Block) -> Block | None:
    """Return the instance that it follows, when it was read and is certain."""
    only = _replication(block).only
    if only is None or only not in block.reading.instances:
        return None
    found = block.reading.at(only)
    return found if found.instance.type == INSTANCE else None


def _root(block: Block) -> Block:
    """Return the first of a chain of replicas, as far as it was read."""
    return list(_chain(block))[-1]


def _chain(block: Block | None) -> Iterator[Block]:
    """Yield a database, what it follows, what that follows, and so on."""
    seen: set[str] = set()
    while block is not None and block.address not in seen:
        yield block
        seen.add(block.address)
        block = _source(block)


def _first_here(block: Block, wanted: Callable[[Block], bool]) -> Block | None:
    """Return the first of the chain that is `wanted`, None when it is in another region."""
    found = next((each for each in _chain(block) if wanted(each)), None)
    here = found is not None and found.resource.region == block.resource.region
    return found if here else None


def _in_transit(block: Block) -> bool | None:
    kind = engine(block)
    name = engines.TLS_PARAMETERS.get(engines.system(kind))
    if name is None:
        return None
    version = family_version(block, *PARAMETERS) or text(_root(block), "engine_version")
    return setting(block, *PARAMETERS, name).switched(default=engines.forces_tls(kind, version))


def subnets(names: Names, block: Block) -> Link:
    """Return the subnets; a replica in the same region is in those of what it follows."""
    chosen = _first_here(block, lambda each: not unset(each, "db_subnet_group_name"))
    return subnets_of_group(names, chosen or block, "db_subnet_group_name", "aws_db_subnet_group")


def listens(block: Block) -> tuple[Ports, ...] | None:
    """Return the port; None when it is not told."""
    default = engines.PORTS.get(engines.system(engine(block)))
    return port(number(block, "port", default))


def _seat(names: Names, block: Block, store: Holding) -> Fragment:
    return seated(
        names,
        block,
        subnets(names, block),
        "vpc_security_group_ids",
        public=store.public,
        listens=listens(block),
        all_subnets=False,
    )


def _backups(block: Block, store: Holding) -> Fragment:
    # None by default (Terraform AWS provider, `backup_retention_period`), a replica included.
    kept = number(block, "backup_retention_period", None if _restored(block) else 0.0)
    return backed_up(
        block,
        store,
        kept,
        # "Amazon RDS uploads transaction logs for DB instances to Amazon S3 every five minutes".
        lag_most_s=POINT_IN_TIME_LAG_S,
        point_in_time=True,
        survives_store=deleted_last(block),
    )


def _origin(block: Block, store: Holding) -> Fragment:
    """Return what its data came from: a database that it follows, a snapshot, a point in time."""
    found = [uses(block, given(block, "snapshot_identifier", *SNAPSHOTS), "restored from")]
    if _replicated(block):
        via = f"read replica {block.address}"
        types = (INSTANCE, CLUSTER)
        sources = _replication(block)
        found.append(followed(block, sources, store.id, Way.REPLICATION, via, types=types))
    found += [
        uses(block, given(each, name, INSTANCE), "restored to a point in time")
        for each in block.blocks("restore_to_point_in_time")
        for name in ("source_db_instance_identifier", "source_db_instance_automated_backups_arn")
    ]
    return joined([*found, *imported(block)])


def imported(block: Block) -> list[Fragment]:
    return [
        uses(block, given(each, "bucket_name", "aws_s3_bucket"), "imported from")
        for each in block.blocks("s3_import")
    ]


def _logs(block: Block, store: Holding) -> Fragment:
    name = text(block, "identifier")
    return logs_exported(
        block,
        store,
        block.texts("enabled_cloudwatch_logs_exports"),
        lambda kind: f"/aws/rds/instance/{name}/{kind}" if name else None,
    )


def insights(block: Block, store: Holding) -> Fragment:
    """Return the queries and figures that Performance Insights keeps; it always encrypts them."""
    wanted = flag(block, "performance_insights_enabled", default=False)
    if wanted is False:
        return NO_FRAGMENT
    sure = wanted is True
    keys = by_key(block, "performance_insights_kms_key_id", without=True)
    part = holding(block, Rest.LOG, "performance insights", part="performance-insights")
    there = keys.on(replace(part, public=False, multi_zone=True, sure=sure))
    moved = Movement(
        Way.LOG, store.id, there.id, block.source, via="performance insights", sure=sure
    )
    return joined([Fragment(holdings=(there,), movements=(moved,)), keys.gaps(block)])


def secret_key(block: Block) -> Fragment:
    """Return the key of the password that the service keeps by itself in Secrets Manager."""
    if flag(block, "manage_master_user_password", default=False) is False:
        return NO_FRAGMENT
    named = certain_keys(block, "master_user_secret_kms_key_id")
    why = "key of the master user's secret"
    return Fragment(uses=tuple(Use(block.address, each, why, block.source) for each in named.ids))


def _needs(block: Block) -> Fragment:
    roles = given(block, "domain_iam_role_name", "aws_iam_role")
    found = [secret_key(block), uses(block, roles, "role to join a domain")]
    if not unset(block, "domain") or not unset(block, "domain_auth_secret_arn"):
        what = f"{block.address} takes its users from a directory, which is not modelled"
        found.append(unread(block, what, Question.ACCESS, Question.RECOVERABILITY))
    return joined(found)


def _role(block: Block) -> Fragment:
    databases = given(block, "db_instance_identifier", INSTANCE)
    roles = given(block, "role_arn", "aws_iam_role")
    sure = databases.sure and roles.sure
    feature = text(block, "feature_name") or "a feature"
    return Fragment(
        uses=tuple(
            Use(database, role, f"role for {feature}", block.source, sure=sure)
            for database in databases.to
            for role in roles.every
        )
    )
