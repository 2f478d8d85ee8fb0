import json

import pytest
from terraform_support import Thing, outside, reading, ref, refs, thing, unknown

from caisson.terraform.aws import elasticache, memorydb, opensearch, opensearch_serverless
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import UNKNOWN
from caisson.topology.network import Ports
from caisson.topology.resources import Holding, Movement, Question, Rest, Way

NETWORK = (
    thing("aws_vpc.main", cidr_block="10.0.0.0/16"),
    thing("aws_subnet.a", vpc_id=ref("aws_vpc.main")),
    thing("aws_subnet.b", vpc_id=ref("aws_vpc.main")),
    thing("aws_security_group.s", vpc_id=ref("aws_vpc.main")),
    thing("aws_elasticache_subnet_group.g", subnet_ids=refs("aws_subnet.a", "aws_subnet.b")),
)
GROUP = "aws_elasticache_replication_group.r"
DOMAIN = "aws_opensearch_domain.d"


def held(fragment: Fragment, id_: str) -> Holding:
    return next(each for each in fragment.holdings if each.id == id_)


def moved(fragment: Fragment, target: str) -> Movement:
    return next(each for each in fragment.movements if each.target == target)


def cached(*things: Thing) -> Fragment:
    return elasticache.read(reading(*NETWORK, *things))


def group(name: str = "r", *, in_region: str | None = None, **attributes: object) -> Thing:
    return thing(f"aws_elasticache_replication_group.{name}", in_region=in_region, **attributes)


def searched(*things: Thing, **attributes: object) -> Fragment:
    return opensearch.read(reading(*NETWORK, *things, thing(DOMAIN, **attributes)))


def test_a_replication_group_with_nothing_said() -> None:
    nothing = dict.fromkeys(
        ("at_rest_encryption_enabled", "transit_encryption_enabled", "port", "subnet_group_name"),
        UNKNOWN,
    )
    found = cached(group(engine="redis", **nothing))
    store = held(found, GROUP)
    assert (store.rest, store.system, store.durable) == (Rest.CACHE, "redis", False)
    assert store.rebuildable is False
    assert store.encrypted is False
    assert store.encrypted_in_transit is False
    assert store.multi_zone is False
    assert store.public is False
    assert found.movements == ()


def test_valkey_is_encrypted_unless_told() -> None:
    assert held(cached(group(engine="valkey")), GROUP).encrypted is True
    off = group(engine="valkey", at_rest_encryption_enabled="false")
    assert held(cached(off), GROUP).encrypted is False


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("required", True), ("preferred", False), (unknown(), None), (None, True)],
)
def test_connections_in_the_clear_beside_encrypted_ones(mode: object, expected: object) -> None:
    given = {} if mode is None else {"transit_encryption_mode": mode}
    found = cached(group(engine="redis", transit_encryption_enabled=True, **given))
    assert held(found, GROUP).encrypted_in_transit is expected


def test_zones_and_failover_do_not_save_the_newest_writes() -> None:
    spread = group(engine="redis", multi_az_enabled=True, automatic_failover_enabled=True)
    assert held(cached(spread), GROUP).multi_zone is None
    half = group(engine="redis", multi_az_enabled=True, automatic_failover_enabled=False)
    assert held(cached(half), GROUP).multi_zone is False


def test_snapshots_are_made_within_a_day_and_the_window() -> None:
    found = cached(group(engine="redis", snapshot_retention_limit=5, snapshot_window="23:30-01:30"))
    movement = moved(found, f"{GROUP}/automated-backups")
    assert movement.lag_most_s == 26 * 3600
    assert not movement.point_in_time
    assert held(found, f"{GROUP}/automated-backups").durable is True


def test_it_is_seated_in_its_subnet_group() -> None:
    found = cached(
        group(
            engine="redis",
            port=6380,
            subnet_group_name=ref("aws_elasticache_subnet_group.g"),
            security_group_ids=[ref("aws_security_group.s")],
        )
    )
    (interface,) = found.network.interfaces
    assert interface.subnets == ("aws_subnet.a", "aws_subnet.b")
    assert [each.group for each in interface.groups] == ["aws_security_group.s"]
    assert interface.listens == (Ports(6380, 6380),)
    assert interface.public is False


def test_a_secondary_of_a_global_group_is_as_its_primary() -> None:
    found = cached(
        group(engine="redis", at_rest_encryption_enabled=True, transit_encryption_enabled=True),
        thing(
            "aws_elasticache_global_replication_group.g", primary_replication_group_id=ref(GROUP)
        ),
        group(
            "second",
            in_region="us-east-1",
            engine=UNKNOWN,
            global_replication_group_id=ref("aws_elasticache_global_replication_group.g"),
        ),
    )
    second = held(found, "aws_elasticache_replication_group.second")
    assert (second.rest, second.region) == (Rest.REPLICA, "us-east-1")
    assert (second.encrypted, second.encrypted_in_transit) == (True, True)
    movement = moved(found, second.id)
    assert (movement.way, movement.source, movement.lag_most_s) == (Way.REPLICATION, GROUP, None)
    assert held(found, GROUP).rest is Rest.CACHE


def test_memcached_and_members_of_groups() -> None:
    found = cached(
        thing("aws_elasticache_cluster.m", engine="memcached"),
        thing("aws_elasticache_cluster.member", replication_group_id=ref(GROUP)),
        group(engine="redis"),
    )
    assert held(found, "aws_elasticache_cluster.m").encrypted is False
    assert {each.id for each in found.holdings} == {"aws_elasticache_cluster.m", GROUP}
    listens = {each.owner: each.listens for each in found.network.interfaces}
    assert listens["aws_elasticache_cluster.m"] == (Ports(11211, 11211),)


def test_a_serverless_cache_is_always_encrypted() -> None:
    found = cached(
        thing("aws_elasticache_serverless_cache.s", engine="redis", subnet_ids=["subnet-1"])
    )
    store = held(found, "aws_elasticache_serverless_cache.s")
    assert (store.encrypted, store.encrypted_in_transit, store.durable) == (True, True, False)
    assert found.network.interfaces[0].listens == (Ports(6379, 6379), Ports(6380, 6380))


def test_logs_go_where_they_are_delivered() -> None:
    delivery = {"destination": ref("aws_cloudwatch_log_group.l"), "log_type": "slow-log"}
    found = cached(
        thing("aws_cloudwatch_log_group.l"),
        group(engine="redis", log_delivery_configuration=[delivery]),
    )
    assert moved(found, "aws_cloudwatch_log_group.l").way is Way.LOG
    lost = cached(group(engine="redis", log_delivery_configuration=[{"destination": unknown()}]))
    assert Question.RESIDENCY in lost.gaps[-1].questions


def test_memorydb_is_durable_and_its_regions_write_to_each_other() -> None:
    found = memorydb.read(
        reading(
            thing("aws_memorydb_multi_region_cluster.g"),
            *(
                thing(
                    f"aws_memorydb_cluster.{name}",
                    in_region=region,
                    multi_region_cluster_name=ref("aws_memorydb_multi_region_cluster.g"),
                    tls_enabled=tls,
                )
                for name, region, tls in (("x", "eu-west-1", True), ("y", "us-east-1", False))
            ),
        )
    )
    one, other = (held(found, f"aws_memorydb_cluster.{name}") for name in "xy")
    assert (one.durable, one.multi_zone, one.encrypted) == (True, True, True)
    assert (one.encrypted_in_transit, other.encrypted_in_transit) == (True, False)
    assert {(each.source, each.target) for each in found.movements} == {
        (one.id, other.id),
        (other.id, one.id),
    }


def test_a_domain_with_nothing_said() -> None:
    nothing = dict.fromkeys(
        ("access_policies", "encrypt_at_rest", "domain_endpoint_options", "cluster_config"), UNKNOWN
    )
    found = searched(**nothing)
    store = held(found, DOMAIN)
    assert (store.rest, store.system) == (Rest.SEARCH, "opensearch")
    assert store.encrypted is False
    assert store.encrypted_in_transit is False
    assert store.multi_zone is False
    assert store.public is False  # outside of VPCs, but without a policy nobody is let in
    movement = moved(found, f"{DOMAIN}/automated-backups")
    assert (movement.lag_most_s, movement.kept_s) == (3600, 14 * 86400)


def test_a_domain_in_a_vpc_is_seated_and_not_public() -> None:
    found = searched(
        access_policies=json.dumps(_policy("*")),
        vpc_options=[
            {
                "subnet_ids": [ref("aws_subnet.a")],
                "security_group_ids": [ref("aws_security_group.s")],
            }
        ],
        domain_endpoint_options=[{"enforce_https": True}],
        node_to_node_encryption=[{"enabled": True}],
        cluster_config=[{"zone_awareness_enabled": True}],
    )
    (interface,) = found.network.interfaces
    assert (interface.owner, interface.subnets) == (DOMAIN, ("aws_subnet.a",))
    assert interface.listens == (Ports(443, 443),)
    store = held(found, DOMAIN)
    assert (store.public, store.encrypted_in_transit, store.multi_zone) == (False, True, True)
    assert found.network.forwards == ()
    assert found.policies[0].attached_to == DOMAIN


def _policy(principal: str, **condition: object) -> dict[str, object]:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": "es:*",
        "Resource": "*",
    }
    return {"Statement": [{**statement, **({"Condition": condition} if condition else {})}]}


def test_a_domain_is_public_when_its_policy_lets_everybody_in() -> None:
    found = searched(access_policies=json.dumps(_policy("*")))
    assert held(found, DOMAIN).public is True
    assert {each.ports for each in found.network.forwards} == {Ports(80, 80), Ports(443, 443)}
    assert all(each.from_internet and each.sure for each in found.network.forwards)
    named = searched(access_policies=json.dumps(_policy("arn:aws:iam::111111111111:root")))
    assert held(named, DOMAIN).public is False
    narrow = _policy("*", IpAddress={"aws:SourceIp": ["203.0.113.0/24"]})
    assert held(searched(access_policies=json.dumps(narrow)), DOMAIN).public is False


def test_a_domain_whose_policy_is_not_known_may_be_public() -> None:
    found = searched(access_policies=unknown())
    assert held(found, DOMAIN).public is None
    assert not any(each.sure for each in found.network.forwards)
    policy = thing(
        "aws_opensearch_domain_policy.p",
        domain_name=ref(DOMAIN),
        access_policies=json.dumps(_policy("*")),
    )
    assert held(searched(policy), DOMAIN).public is True


def test_users_of_the_domains_own_leave_open_whether_it_is_public() -> None:
    found = searched(
        access_policies=json.dumps(_policy("*")), advanced_security_options=[{"enabled": True}]
    )
    assert held(found, DOMAIN).public is None


def test_a_domain_names_its_key_and_its_logs() -> None:
    found = searched(
        thing("aws_kms_key.k"),
        thing("aws_cloudwatch_log_group.l"),
        encrypt_at_rest=[{"enabled": True, "kms_key_id": ref("aws_kms_key.k")}],
        log_publishing_options=[{"cloudwatch_log_group_arn": ref("aws_cloudwatch_log_group.l")}],
    )
    assert held(found, DOMAIN).keys == ("aws_kms_key.k",)
    assert moved(found, "aws_cloudwatch_log_group.l").way is Way.LOG
    assert held(searched(encrypt_at_rest=unknown()), DOMAIN).encrypted is None


@pytest.mark.parametrize(
    ("version", "lag_s"), [("1.5", 90000), ("5.3", 3600), ("7.10", 3600), (None, 90000)]
)
def test_old_elasticsearch_has_daily_snapshots(version: str | None, lag_s: float) -> None:
    given = {} if version is None else {"elasticsearch_version": version}
    found = opensearch.read(reading(thing("aws_elasticsearch_domain.e", **given)))
    assert moved(found, "aws_elasticsearch_domain.e/automated-backups").lag_most_s == lag_s


def test_an_endpoint_leads_into_a_domain() -> None:
    found = searched(
        thing(
            "aws_opensearch_vpc_endpoint.e",
            domain_arn=ref(DOMAIN),
            vpc_options=[{"subnet_ids": [ref("aws_subnet.b")]}],
        )
    )
    interface = next(
        each for each in found.network.interfaces if each.owner == "aws_opensearch_vpc_endpoint.e"
    )
    assert interface.subnets == ("aws_subnet.b",)
    assert ("aws_opensearch_vpc_endpoint.e", DOMAIN) in {
        (each.owner, each.target) for each in found.network.forwards
    }


def test_a_collection_is_encrypted_and_its_policies_are_a_gap() -> None:
    address = "aws_opensearchserverless_collection.c"
    found = opensearch_serverless.read(reading(thing(address, standby_replicas="DISABLED")))
    assert held(found, address).encrypted is True
    assert held(found, address).multi_zone is False
    assert held(found, address).public is None
    assert Question.EXPOSURE in found.gaps[0].questions
    assert found.gaps[0].about == (address,)
    plain = opensearch_serverless.read(reading(thing(address, standby_replicas=outside("x"))))
    assert held(plain, address).multi_zone is False


def test_a_cluster_that_may_be_a_member_is_still_a_store() -> None:
    found = cached(
        thing("aws_elasticache_cluster.m", engine="redis", replication_group_id=unknown())
    )
    assert [each.id for each in found.holdings] == ["aws_elasticache_cluster.m"]


def test_a_connection_lets_one_domain_follow_another_of_the_same_name() -> None:
    def end(region: str) -> list[dict[str, str]]:
        return [{"domain_name": "search", "region": region, "owner_id": "111111111111"}]

    found = opensearch.read(
        reading(
            thing("aws_opensearch_domain.w", in_region="us-west-2", domain_name="search"),
            thing("aws_opensearch_domain.e", in_region="us-east-2", domain_name="search"),
            thing(
                "aws_opensearch_outbound_connection.c",
                in_region="us-east-2",
                local_domain_info=end("us-east-2"),
                remote_domain_info=end("us-west-2"),
            ),
        )
    )
    movement = moved(found, "aws_opensearch_domain.e")
    assert (movement.source, movement.way) == ("aws_opensearch_domain.w", Way.REPLICATION)
    assert not movement.sure  # which indices follow is said inside of the domain
