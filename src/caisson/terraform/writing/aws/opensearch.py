"""OpenSearch: a domain in each place, over its zones; the standby's can follow the home's."""

from collections.abc import Iterator, Mapping

from caisson.terraform.writing.aws.alarms import Watch
from caisson.terraform.writing.aws.aliases import GLOBAL
from caisson.terraform.writing.aws.documents import Condition, Statement, document, equal, policy
from caisson.terraform.writing.aws.opensearch_rights import (
    administration,
    administrator,
    domain_arn,
    domain_name,
    roles_inside,
    who_may,
)
from caisson.terraform.writing.aws.sizes import instance_class
from caisson.terraform.writing.aws.stores import StoreHere, in_places
from caisson.terraform.writing.blueprint import Area, Blueprint
from caisson.terraform.writing.model import Block, Part, Value
from caisson.terraform.writing.names import label
from caisson.terraform.writing.references import attribute

_FILE = "opensearch"
_VERSION = "OpenSearch_2.19"
_TLS = "Policy-Min-TLS-1-2-PFS-2023-10"
_LOGS: Mapping[str, str] = {
    "application": "ES_APPLICATION_LOGS",
    "audit": "AUDIT_LOGS",
    "index-slow": "INDEX_SLOW_LOGS",
    "search-slow": "SEARCH_SLOW_LOGS",
}
_MASTERS, _MASTER_CLASS = 3, "m6g.large.search"
_DISK_GIB, _SMALL_DISK_GIB = 100, 20
_QUIET_HOUR = 3  # UTC

_FREE_MIB, _SMALL_FREE_MIB = 20_480, 4_096  # a fifth of the disk, below which AWS blocks writes
_CPU_PERCENT, _HEAP_PERCENT = 80, 80


def write(area: Area, plan: Blueprint) -> Iterator[Part]:
    for each in plan.replica_sets(area, "opensearch"):
        home, *standbys = in_places(_FILE, area, each.store, plan)
        for here in (home, *standbys):
            yield from _domain_and_around(here, home, area)
        for standby in standbys:
            yield from _connection(home, standby, area)


def of_account(environment: str, plan: Blueprint) -> Iterator[Block]:
    """Yield the role by which OpenSearch enters subnets, of which an account has one."""
    if any(plan.replica_sets(area, "opensearch") for area in plan.of_environment(environment)):
        body: dict[str, Value] = {"aws_service_name": "opensearchservice.amazonaws.com"}
        yield Block(_FILE, "aws_iam_service_linked_role", "opensearch", GLOBAL, body)


def _domain_and_around(here: StoreHere, home: StoreHere, area: Area) -> Iterator[Part]:
    for log in _LOGS:
        yield _log_group(here, log)
    yield _may_log_document(here)
    yield _may_log(here)
    yield from administration(here, area)
    yield who_may(here, area)
    domain = _domain(here, area)
    yield domain
    endpoint = f"{attribute(_domain(home, area), 'endpoint')}:443"
    yield from here.outputs(endpoint, attribute(domain, "arn"))
    yield roles_inside(here, area)
    yield from _alarms(here)


# The domain


def _domain(here: StoreHere, area: Area) -> Block:
    secure: dict[str, Value] = {
        "encrypt_at_rest": {"enabled": True, "kms_key_id": here.key_arn},
        "node_to_node_encryption": {"enabled": True},
        "domain_endpoint_options": {"enforce_https": True, "tls_security_policy": _TLS},
        "advanced_security_options": {
            "enabled": True,
            "internal_user_database_enabled": False,
            "master_user_options": {"master_user_arn": attribute(administrator(here), "arn")},
        },
        "access_policies": policy(who_may(here, area)),
    }
    body: dict[str, Value] = {
        "domain_name": domain_name(here),
        "engine_version": _VERSION,
        "cluster_config": _cluster(here),
        "ebs_options": {"ebs_enabled": True, "volume_type": "gp3", "volume_size": _disk_gib(here)},
        "vpc_options": {
            "subnet_ids": here.subnet_ids,
            "security_group_ids": [here.security_group_id],
        },
        **secure,
        "log_publishing_options": [
            {"log_type": kind, "cloudwatch_log_group_arn": attribute(_log_group(here, log), "arn")}
            for log, kind in _LOGS.items()
        ],
        "auto_tune_options": {"desired_state": "ENABLED", "use_off_peak_window": True},
        "off_peak_window_options": {
            "enabled": True,
            "off_peak_window": {"window_start_time": {"hours": _QUIET_HOUR, "minutes": 0}},
        },
        "software_update_options": {"auto_software_update_enabled": True},
        "depends_on": [_may_log(here).address],
    }
    return here.block("aws_opensearch_domain", body)


def _cluster(here: StoreHere) -> dict[str, Value]:
    """Return a node in each zone, and masters that do nothing else where it is not small."""
    zones = len(here.place.zones)
    masters: dict[str, Value] = {
        "dedicated_master_enabled": True,
        "dedicated_master_count": _MASTERS,
        "dedicated_master_type": _MASTER_CLASS,
    }
    return {
        "instance_type": instance_class(here.plan, here.place.environment, "opensearch"),
        "instance_count": zones,
        "zone_awareness_enabled": True,
        "zone_awareness_config": {"availability_zone_count": zones},
        **({} if _small(here) else masters),
    }


def _small(here: StoreHere) -> bool:
    return here.plan.small(here.place.environment)


def _disk_gib(here: StoreHere) -> int:
    return _SMALL_DISK_GIB if _small(here) else _DISK_GIB


# Logs


def _log_group(here: StoreHere, log: str) -> Block:
    return here.log_group(_log_path(here, log), log)


def _log_path(here: StoreHere, log: str) -> str:
    return f"/aws/opensearch/{domain_name(here)}/{log}"


def _may_log_document(here: StoreHere) -> Block:
    where = f"arn:aws:logs:{here.place.aws}:{here.place.account}:log-group"
    statement = Statement(
        "WriteItsLogs",
        ("logs:CreateLogStream", "logs:PutLogEvents", "logs:PutLogEventsBatch"),
        tuple(f"{where}:{_log_path(here, log)}:*" for log in _LOGS),
        principals={"Service": ("es.amazonaws.com",)},
        conditions=(
            equal("aws:SourceAccount", here.place.account),
            Condition("ArnEquals", "aws:SourceArn", (domain_arn(here),)),
        ),
    )
    block = label(here.place.region, here.name, "logs")
    return document(_FILE, block, here.place.label, statement)


def _may_log(here: StoreHere) -> Block:
    body: dict[str, Value] = {
        "policy_name": here.called("opensearch"),
        "policy_document": policy(_may_log_document(here)),
    }
    return here.part("aws_cloudwatch_log_resource_policy", body, "logs")


# The standby


def _connection(home: StoreHere, standby: StoreHere, area: Area) -> Iterator[Block]:
    body: dict[str, Value] = {
        "connection_alias": "home",
        "connection_mode": "DIRECT",
        "local_domain_info": _end(standby, area),
        "remote_domain_info": _end(home, area),
    }
    comment = "By it the standby follows the home's indices, once its administrator says which."
    outbound = standby.part("aws_opensearch_outbound_connection", body, comment=comment)
    yield outbound
    accepted: dict[str, Value] = {"connection_id": attribute(outbound, "id")}
    yield home.part("aws_opensearch_inbound_connection_accepter", accepted)


def _end(here: StoreHere, area: Area) -> dict[str, Value]:
    return {
        "owner_id": here.place.account,
        "region": here.place.aws,
        "domain_name": attribute(_domain(here, area), "domain_name"),
    }


# Alarms


def _alarms(here: StoreHere) -> Iterator[Block]:
    def watch(
        metric: str, limit: float, statistic: str = "Maximum", *, above: bool = True
    ) -> Watch:
        dimensions = {"DomainName": domain_name(here), "ClientId": here.place.account}
        return Watch("AWS/ES", metric, dimensions, limit, above, statistic, minutes=1)

    free = _SMALL_FREE_MIB if _small(here) else _FREE_MIB
    yield here.alarm(
        "red", watch("ClusterStatus.red", 0), f"{here.name} misses a part of its data."
    )
    yield here.alarm(
        "yellow",
        watch("ClusterStatus.yellow", 0),
        f"{here.name} misses copies: losing a node more may lose data.",
    )
    yield here.alarm(
        "blocked",
        watch("ClusterIndexWritesBlocked", 0),
        f"{here.name} takes no writes: its disk or its memory is full.",
    )
    yield here.alarm(
        "disk",
        watch("FreeStorageSpace", free, "Minimum", above=False),
        f"The disk of a node of {here.name} is nearly full.",
    )
    yield here.alarm(
        "cpu", watch("CPUUtilization", _CPU_PERCENT), f"A node of {here.name} is busy."
    )
    yield here.alarm(
        "memory",
        watch("JVMMemoryPressure", _HEAP_PERCENT),
        f"A node of {here.name} is short of memory.",
    )
    yield here.alarm(
        "key",
        watch("KMSKeyError", 0),
        f"{here.name} cannot use its key: it stops until it can.",
    )
