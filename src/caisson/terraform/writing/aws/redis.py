"""Redis: a replication group over the zones of a home, and one that follows it in the standby.

Services prove who they are with their roles: there is no password.
"""

from collections.abc import Iterator, Mapping

from caisson.terraform.writing.aws import handles
from caisson.terraform.writing.aws.alarms import Watch
from caisson.terraform.writing.aws.sizes import instance_class
from caisson.terraform.writing.aws.stores import StoreHere, days, in_places
from caisson.terraform.writing.blueprint import Area, Blueprint
from caisson.terraform.writing.model import Block, Output, Part, Value
from caisson.terraform.writing.names import physical, renamed
from caisson.terraform.writing.references import attribute
from caisson.topology.model import Credential

_FILE = "redis"
_VERSION, _FAMILY, _PORT = "7.1", "redis7", 6379
# The longest names of groups and users, and of a global group behind what AWS puts before it.
_LIMIT, _GLOBAL_LIMIT = 40, 34
_SNAPSHOTS = "03:00-04:00"
# A standby is patched a day before its home is.
_MAINTENANCE, _STANDBY_MAINTENANCE = "sun:05:00-sun:06:00", "sat:05:00-sat:06:00"
# A service has the same rights as on this machine.
_ACCESS: Mapping[str, str] = {
    "read": "on ~* &* -@all +@read +@connection +ping -@dangerous",
    "write": "on ~* &* +@all -@admin -@dangerous",
}
_LOGS = ("slow-log", "engine-log")
_MEMORY_PERCENT, _CPU_PERCENT, _LAG_S = 80, 80, 30
_SUBNETS = "aws_elasticache_subnet_group"


def write(area: Area, plan: Blueprint) -> Iterator[Part]:
    for each in plan.replica_sets(area, "redis"):
        home, *standbys = in_places(_FILE, area, each.store, plan)
        for here in (home, *standbys):
            yield from _around(here)
        primary = _primary(home, in_global=bool(standbys))
        yield primary
        yield from _about(home, primary, primary)
        for standby in standbys:
            yield _global(home, primary)
            secondary = _secondary(standby, _global(home, primary))
            yield secondary
            yield from _about(standby, secondary, primary)
            yield _standby_lag(standby)


# What stands around the nodes


def _around(here: StoreHere) -> Iterator[Part]:
    """Yield who may open it, where it lies and where it logs."""
    yield here.subnet_group(_SUBNETS)
    yield _parameter_group(here)
    for log in _LOGS:
        yield _log_group(here, log)
    yield _default_user(here)
    for each in here.credentials:
        user = _user(here, each)
        yield user
        about = f"the user that {each.service} signs in as to {each.store}."
        arn, name = attribute(user, "arn"), attribute(user, "user_name")
        yield Output(handles.user_arn(here.place, each), arn, f"The ARN of {about}")
        yield Output(handles.user_name(here.place, each), name, f"The name of {about}")
    yield _user_group(here)


def _parameter_group(here: StoreHere) -> Block:
    full = "allkeys-lru" if here.store.rebuildable else "noeviction"
    body: dict[str, Value] = {
        "name": here.called(limit=255),
        "description": f"How {here.first_name} is set up.",
        "family": _FAMILY,
        "parameter": [{"name": "maxmemory-policy", "value": full}],
    }
    comment = "When it is full, a write fails and nothing is forgotten."
    return here.block(
        "aws_elasticache_parameter_group", body, comment="" if here.store.rebuildable else comment
    )


def _log_group(here: StoreHere, log: str) -> Block:
    # Deliveries to what is named so need no room in the account's one resource policy for logs.
    path = f"/aws/vendedlogs/elasticache/{here.called()}/{log}"
    return here.log_group(path, log)


def _default_user(here: StoreHere) -> Block:
    body: dict[str, Value] = {
        "user_id": _user_id(here, here.first_name, "default"),
        "user_name": "default",
        "engine": "redis",
        "access_string": "off ~* -@all",
        "no_password_required": True,
    }
    comment = "Who says no name may nothing: a group has to have this user, and it is switched off."
    return here.block("aws_elasticache_user", body, "default", comment=comment)


def _user(here: StoreHere, credential: Credential) -> Block:
    users = here.plan.names_of_service(credential.service)
    user = _user_id(here, users[0], here.first_name)
    body: dict[str, Value] = {
        "user_id": user,
        "user_name": user,
        "engine": "redis",
        "access_string": _ACCESS[credential.access],
        "authentication_mode": {"type": "iam"},
        "tags": {**here.tags(credential.service), "Component": credential.service},
    }
    name, was = renamed((here.place.region,), here.names, ("user",), users)
    return Block(
        _FILE,
        "aws_elasticache_user",
        name,
        here.place.label,
        body,
        comment="With IAM the name has to be the id.",
        was=was,
    )


def _user_id(here: StoreHere, *words: str) -> str:
    """Return a name without the region, in each of which users are others."""
    return physical(here.plan.estate.estate, here.place.environment, *words, limit=_LIMIT)


def _user_group(here: StoreHere) -> Block:
    users = (_default_user(here), *(_user(here, each) for each in here.credentials))
    body: dict[str, Value] = {
        "user_group_id": here.called(limit=_LIMIT),
        "engine": "redis",
        "user_ids": [attribute(each, "user_id") for each in users],
    }
    return here.block("aws_elasticache_user_group", body)


# The nodes


def _primary(here: StoreHere, *, in_global: bool) -> Block:
    body: dict[str, Value] = {
        **_common(here, _MAINTENANCE),
        "engine": "redis",
        "engine_version": _VERSION,
        "node_type": _node_type(here),
        "parameter_group_name": attribute(_parameter_group(here), "name"),
        "at_rest_encryption_enabled": True,
        "transit_encryption_enabled": True,
        "transit_encryption_mode": "required",
        "final_snapshot_identifier": _last_snapshot(here),
    }
    if not in_global:
        return here.block(
            "aws_elasticache_replication_group", {**body, "auto_minor_version_upgrade": True}
        )
    comment = "Once it is in a global group, that decides about what is not to be changed here."
    decided = ["node_type", "engine_version", "parameter_group_name", "auto_minor_version_upgrade"]
    return here.block(
        "aws_elasticache_replication_group",
        {**body, "lifecycle": {"ignore_changes": decided}},
        comment=comment,
    )


def _last_snapshot(here: StoreHere) -> str | None:
    """Return the snapshot that is made when the store goes, of what cannot be made again."""
    return None if here.store.rebuildable else here.called("final", limit=_LIMIT)


def _global(home: StoreHere, primary: Block) -> Block:
    """Return what both groups are in. It is named by neither, so that they can change places."""
    where = home.plan.area(home.place.environment, home.place.jurisdiction)
    name, was = renamed((where.jurisdiction,), home.names)
    body: dict[str, Value] = {
        "global_replication_group_id_suffix": home.plan.name(
            where, home.first_name, limit=_GLOBAL_LIMIT
        ),
        "global_replication_group_description": f"{home.name} in both regions.",
        "primary_replication_group_id": attribute(primary, "id"),
        "cache_node_type": _node_type(home),
        "engine_version": _VERSION,
        "lifecycle": {"ignore_changes": ["primary_replication_group_id"]},
    }
    return Block(
        _FILE,
        "aws_elasticache_global_replication_group",
        name,
        home.place.label,
        body,
        comment="Who is the primary is said by a failover, which is no reason to make it anew.",
        was=was,
    )


def _secondary(here: StoreHere, whole: Block) -> Block:
    body: dict[str, Value] = {
        **_common(here, _STANDBY_MAINTENANCE),
        "global_replication_group_id": attribute(whole, "global_replication_group_id"),
    }
    comment = "It follows the home's and takes no writes; encryption and version are the home's."
    return here.block("aws_elasticache_replication_group", body, comment=comment)


def _common(here: StoreHere, maintenance: str) -> dict[str, Value]:
    return {
        "replication_group_id": here.called(limit=_LIMIT),
        "description": f"{here.name} of {here.place.site}.",
        "num_cache_clusters": _nodes(here),
        "automatic_failover_enabled": True,
        "multi_az_enabled": True,
        "port": _PORT,
        "subnet_group_name": attribute(here.subnet_group(_SUBNETS), "name"),
        "security_group_ids": [here.security_group_id],
        "user_group_ids": [attribute(_user_group(here), "user_group_id")],
        "kms_key_id": here.key_arn,
        "snapshot_retention_limit": _kept_days(here),
        "snapshot_window": _SNAPSHOTS,
        "maintenance_window": maintenance,
        "log_delivery_configuration": [
            {
                "destination": attribute(_log_group(here, log), "name"),
                "destination_type": "cloudwatch-logs",
                "log_format": "json",
                "log_type": log,
            }
            for log in _LOGS
        ],
    }


def _nodes(here: StoreHere) -> int:
    """Return one for each zone, or as few as a failover needs."""
    return 2 if here.plan.small(here.place.environment) else len(here.place.zones)


def _node_type(here: StoreHere) -> str:
    return instance_class(here.plan, here.place.environment, "redis")


def _kept_days(here: StoreHere) -> int:
    backup = here.store.backup
    return 0 if backup is None else days(backup.keep)


# What others are told


def _about(here: StoreHere, own: Block, primary: Block) -> Iterator[Part]:
    endpoint = f"{attribute(primary, 'primary_endpoint_address')}:{_PORT}"
    yield from here.outputs(endpoint, attribute(own, "arn"))
    for node in range(1, _nodes(here) + 1):
        yield from _node_alarms(here, f"{node:03}")


def _node_alarms(here: StoreHere, node: str) -> Iterator[Block]:
    def watch(metric: str, limit: float) -> Watch:
        dimensions = {"CacheClusterId": f"{here.called(limit=_LIMIT)}-{node}"}
        return Watch("AWS/ElastiCache", metric, dimensions, limit, statistic="Maximum")

    yield here.alarm(
        f"{node}-memory",
        watch("DatabaseMemoryUsagePercentage", _MEMORY_PERCENT),
        f"{here.name} is nearly full: larger nodes, or less to keep.",
    )
    yield here.alarm(
        f"{node}-cpu",
        watch("EngineCPUUtilization", _CPU_PERCENT),
        f"{here.name} is busy on the one core that serves requests.",
    )
    yield here.alarm(
        f"{node}-lag",
        watch("ReplicationLag", _LAG_S),
        f"A node of {here.name} is far behind its primary: a failover to it would lose that.",
    )


def _standby_lag(here: StoreHere) -> Block:
    dimensions = {"CacheClusterId": f"{here.called(limit=_LIMIT)}-001"}
    return here.alarm(
        "region-lag",
        Watch("AWS/ElastiCache", "GlobalDatastoreReplicationLag", dimensions, _LAG_S),
        f"{here.name} in {here.place.site} is far behind its home: losing that would lose data.",
    )
