"""Memcached: a cluster of nodes in each place, over its zones; none knows of another."""

from collections.abc import Iterator

from caisson.terraform.writing.aws.alarms import Watch
from caisson.terraform.writing.aws.sizes import instance_class
from caisson.terraform.writing.aws.stores import StoreHere
from caisson.terraform.writing.blueprint import Area, Blueprint
from caisson.terraform.writing.model import Block, Part, Value
from caisson.terraform.writing.references import attribute
from caisson.topology.model import Kind

_FILE = "memcached"
_VERSION, _FAMILY, _PORT = "1.6.22", "memcached1.6", 11211
_LIMIT = 40
_MAINTENANCE = "sun:05:00-sun:06:00"
_CPU_PERCENT = 80
_EVICTIONS = 10_000  # in five minutes
_SWAP_BYTES = 50_000_000  # AWS: "Which metrics should I monitor?"
_SUBNETS = "aws_elasticache_subnet_group"


def write(area: Area, plan: Blueprint) -> Iterator[Part]:
    for place in area.places:
        for each in plan.components(place, Kind.STORE, "memcached"):
            yield from _store(StoreHere(_FILE, place, each.name, plan))


def _store(here: StoreHere) -> Iterator[Part]:
    yield here.subnet_group(_SUBNETS)
    yield _parameter_group(here)
    cluster = _cluster(here)
    yield cluster
    yield from here.outputs(attribute(cluster, "configuration_endpoint"), attribute(cluster, "arn"))
    yield from _alarms(here)


def _parameter_group(here: StoreHere) -> Block:
    body: dict[str, Value] = {
        "name": here.called(limit=255),
        "description": f"How {here.first_name} is set up.",
        "family": _FAMILY,
    }
    return here.block("aws_elasticache_parameter_group", body)


def _cluster(here: StoreHere) -> Block:
    nodes = _nodes(here)
    body: dict[str, Value] = {
        "cluster_id": here.called(limit=_LIMIT),
        "engine": "memcached",
        "engine_version": _VERSION,
        "node_type": instance_class(here.plan, here.place.environment, "memcached"),
        "num_cache_nodes": nodes,
        "az_mode": "cross-az",
        "preferred_availability_zones": list(here.place.zones[:nodes]),
        "port": _PORT,
        "parameter_group_name": attribute(_parameter_group(here), "name"),
        "subnet_group_name": attribute(here.subnet_group(_SUBNETS), "name"),
        "security_group_ids": [here.security_group_id],
        "transit_encryption_enabled": True,
        "maintenance_window": _MAINTENANCE,
    }
    comment = "Kept in memory only: there is nothing at rest to encrypt, and nothing to back up."
    return here.block("aws_elasticache_cluster", body, comment=comment)


def _nodes(here: StoreHere) -> int:
    return 2 if here.plan.small(here.place.environment) else len(here.place.zones)


def _alarms(here: StoreHere) -> Iterator[Block]:
    def watch(metric: str, limit: float, statistic: str) -> Watch:
        dimensions = {"CacheClusterId": here.called(limit=_LIMIT)}
        return Watch("AWS/ElastiCache", metric, dimensions, limit, statistic=statistic)

    yield here.alarm(
        "cpu",
        watch("CPUUtilization", _CPU_PERCENT, "Maximum"),
        f"A node of {here.name} is busy.",
    )
    yield here.alarm(
        "evictions",
        watch("Evictions", _EVICTIONS, "Sum"),
        f"{here.name} forgets much to make room: larger nodes, or more of them.",
    )
    yield here.alarm(
        "swap",
        watch("SwapUsage", _SWAP_BYTES, "Maximum"),
        f"A node of {here.name} has too little memory for itself.",
    )
