"""Datadog's monitors of an environment, where the estate asks for them.

They look at what Datadog's integration with AWS sends there, found again by the tags that
everything has. Its figures and names leave the jurisdictions for the site of Datadog that
`DD_HOST` says; nothing of tenants' data is in them. The keys come from the environment too,
`DD_API_KEY` and `DD_APP_KEY`, and stand in no file and in no state.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from caisson.terraform.writing.blueprint import Blueprint, Place
from caisson.terraform.writing.model import Block, OtherProvider
from caisson.terraform.writing.names import label
from caisson.topology.model import Component, Kind

PROVIDER = OtherProvider("datadog", "DataDog/datadog", "~> 3.70")
_FILE = "monitors"
_GIB = 1024**3
_OF_ALB = "aws.applicationelb"
_PUBLIC = ("http", "https")


@dataclass(frozen=True, slots=True)
class _Monitor:
    """When `query`, as `over` takes the last `minutes` together, is beyond `limit`.

    `{of}` is where the tags of a store or service go.
    """

    name: str
    query: str
    limit: float
    about: str
    above: bool = True
    minutes: int = 15
    over: str = "avg"


_OF_SERVICE = (
    _Monitor(
        "errors",
        f"sum:{_OF_ALB}.httpcode_target_5xx{{of}}.as_count()"
        f" / sum:{_OF_ALB}.request_count{{of}}.as_count()",
        0.01,
        "answers more than one request in a hundred with an error",
        over="sum",
    ),
    _Monitor(
        "latency",
        f"avg:{_OF_ALB}.target_response_time.p99{{of}}",
        1,
        "needs more than a second for one request in a hundred",
    ),
    _Monitor(
        "copies",
        f"min:{_OF_ALB}.healthy_host_count{{of}}",
        1,
        "has no copy that is well",
        above=False,
        minutes=5,
        over="min",
    ),
)
_OF_STORE: Mapping[str, tuple[_Monitor, ...]] = {
    "postgres": (
        _Monitor("cpu", "avg:aws.rds.cpuutilization{of}", 85, "is short of processors"),
        _Monitor(
            "space",
            "min:aws.rds.free_storage_space{of}",
            10 * _GIB,
            "has less than 10 GiB of space left",
            above=False,
        ),
        _Monitor("lag", "max:aws.rds.replica_lag{of}", 60, "has a standby a minute behind"),
    ),
    "redis": (
        _Monitor(
            "cpu", "avg:aws.elasticache.engine_cpuutilization{of}", 85, "is short of processors"
        ),
        _Monitor(
            "memory",
            "max:aws.elasticache.database_memory_usage_percentage{of}",
            85,
            "is short of memory",
        ),
        _Monitor(
            "lag", "max:aws.elasticache.replication_lag{of}", 60, "has a copy a minute behind"
        ),
    ),
    "memcached": (
        _Monitor("cpu", "avg:aws.elasticache.cpuutilization{of}", 85, "is short of processors"),
    ),
    "opensearch": (
        _Monitor("health", "max:aws.es.cluster_statusred{of}", 0, "has lost parts of an index"),
        _Monitor("memory", "max:aws.es.jvmmemory_pressure{of}", 85, "is short of memory for Java"),
    ),
    "files": (
        _Monitor(
            "lag",
            "max:aws.s3.replication_latency{of}",
            900,
            "has a copy a quarter of an hour behind",
        ),
    ),
}


def write(environment: str, plan: Blueprint) -> Iterator[Block]:
    for area in plan.of_environment(environment):
        for place in area.places:
            for component in plan.components(place, Kind.SERVICE):
                if plan.service(component).public in _PUBLIC:
                    yield from _watched(place, component, _OF_SERVICE, plan)
            for component in plan.components(place, Kind.STORE):
                yield from _watched(place, component, _OF_STORE[component.system], plan)


def _watched(
    place: Place, component: Component, monitors: tuple[_Monitor, ...], plan: Blueprint
) -> Iterator[Block]:
    for each in monitors:
        yield _block(place, component.name, each, plan)


def _block(place: Place, component: str, monitor: _Monitor, plan: Blueprint) -> Block:
    tags = [
        f"estate:{plan.estate.estate}",
        f"environment:{place.environment}",
        f"component:{component}",
        f"region:{place.aws}",
    ]
    query = monitor.query.replace("{of}", f"{{{','.join(tags)}}}")
    sign = ">" if monitor.above else "<"
    return Block(
        _FILE,
        "datadog_monitor",
        label(place.region, component, monitor.name),
        "",
        {
            "name": plan.name(place, component, monitor.name, limit=255),
            "type": "query alert",
            "query": f"{monitor.over}(last_{monitor.minutes}m):{query} {sign} {monitor.limit}",
            "message": f"{component} in {place.site} {monitor.about}. @{plan.aws.owner}",
            "monitor_thresholds": {"critical": monitor.limit},
            "include_tags": True,
            "require_full_window": False,
            "tags": tags,
        },
    )
