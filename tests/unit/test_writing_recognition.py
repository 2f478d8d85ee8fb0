"""Where the Terraform is something else than the estate, what is read back shows it."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from estate_in_one_place import DOCUMENT

from aws_estates import estate_of, rendering_of
from caisson.terraform.writing.text import files
from caisson.topology.model import Topology
from caisson.topology.records import records
from read_back import recognised_in

Json = dict[str, Any]
ESTATE = estate_of(DOCUMENT)
DATA, NETWORK, SERVICES = (f"production/us/{each}" for each in ("data", "network", "services"))


@cache
def rendered() -> dict[str, str]:
    return files(rendering_of(ESTATE))


@cache
def as_it_was() -> frozenset[str]:
    return facts(recognised_in(rendered(), ESTATE))


def facts(topology: Topology) -> frozenset[str]:
    """Return what is told, as lines such as `component production/west/blocks role=primary`."""
    return frozenset(
        line
        for each in records(topology)
        for line in (
            f"{each.kind} {each.id}",
            *(f"{each.kind} {each.id} {name}={value}" for name, value in each.facts.items()),
        )
    )


def changes(path: str, change: Callable[[Json], object]) -> tuple[set[str], set[str]]:
    """Return what is no longer told, and what is told instead, after a change of one file."""
    document = json.loads(rendered()[path])
    change(document)
    assert document != json.loads(rendered()[path])
    found = facts(recognised_in({**rendered(), path: json.dumps(document)}, ESTATE))
    return set(as_it_was() - found), set(found - as_it_was())


def of(document: Json, address: str) -> Json:
    """Return the body of a block."""
    form = "data" if address.startswith("data.") else "resource"
    type_, name = address.removeprefix("data.").split(".")
    found: Json = document[form][type_][name]
    return found


def without(address: str) -> Callable[[Json], object]:
    type_, name = address.split(".")
    return lambda document: document["resource"][type_].pop(name)


def test_a_database_that_follows_nobody_is_a_primary() -> None:
    def change(document: Json) -> None:
        body = of(document, "aws_db_instance.east_blocks")
        del body["replicate_source_db"]
        body["engine"] = "postgres"

    gone, come = changes(f"{DATA}/postgres.tf.json", change)
    assert "flow replication production/west/blocks -> production/east/blocks" in gone
    assert "component production/east/blocks role=primary" in come


def test_redis_that_is_in_no_global_group_is_a_primary() -> None:
    def change(document: Json) -> None:
        del of(document, "aws_elasticache_replication_group.east_sessions")[
            "global_replication_group_id"
        ]

    gone, come = changes(f"{DATA}/redis.tf.json", change)
    assert "flow replication production/west/sessions -> production/east/sessions" in gone
    assert "component production/east/sessions role=primary" in come


def test_files_that_nobody_replicates_are_two_primaries() -> None:
    change = without("aws_s3_bucket_replication_configuration.west_uploads")
    gone, come = changes(f"{DATA}/files.tf.json", change)
    assert "copy us in production/east/uploads via=replication from production/west/uploads" in gone
    assert "component production/east/uploads role=primary" in come


def test_without_a_rule_of_its_group_nobody_reaches_a_store() -> None:
    change = without("aws_vpc_security_group_ingress_rule.west_sessions_from_web")
    gone, come = changes(f"{NETWORK}/security_groups.tf.json", change)
    lost = "flow request production/west/web -> production/west/sessions"
    assert {each for each in gone if "=" not in each} == {lost}
    assert come == set()


def test_whom_a_group_lets_into_memcached_may_do_everything() -> None:
    def change(document: Json) -> None:
        for way, one, other in (("ingress", "cache", "jobs"), ("egress", "jobs", "cache")):
            rules = document["resource"][f"aws_vpc_security_group_{way}_rule"]
            likely = f"west_{'cache_from_web' if way == 'ingress' else 'web_to_cache'}"
            text = json.dumps(rules[likely]).replace("west_web", "west_jobs")
            rules[f"more_{one}_{other}"] = json.loads(text)

    gone, come = changes(f"{NETWORK}/security_groups.tf.json", change)
    assert gone == set()
    assert "credential production/us/jobs/cache access=write" in come


def test_without_a_right_of_its_role_nobody_signs_in() -> None:
    def change(document: Json) -> None:
        body = of(document, "data.aws_iam_policy_document.west_web_task")
        body["statement"] = [
            each for each in body["statement"] if "rds-db:connect" not in each["actions"]
        ]

    gone, _ = changes(f"{SERVICES}/roles.tf.json", change)
    assert {each for each in gone if "=" not in each} == {
        "flow request production/west/web -> production/west/blocks",
        "flow request production/west/web -> production/east/blocks",
    }


def test_a_right_to_write_shows() -> None:
    def change(document: Json) -> None:
        for name in ("west", "east"):
            user = of(document, f"aws_elasticache_user.{name}_sessions_user_jobs")
            user["access_string"] = "on ~* +@all"

    gone, come = changes(f"{DATA}/redis.tf.json", change)
    assert gone == {"credential production/us/jobs/sessions access=read"}
    assert come == {"credential production/us/jobs/sessions access=write"}


def test_an_origin_that_leads_elsewhere_is_no_way_in() -> None:
    def change(document: Json) -> None:
        alias = of(document, "aws_route53_record.west")["alias"]
        alias["name"] = of(document, "aws_route53_record.east")["alias"]["name"]

    gone, _ = changes("production/edge/origins.tf.json", change)
    assert "flow request production/edge/edge -> production/west/proxy" in gone


def test_a_service_that_no_balancer_sends_to_is_not_reached() -> None:
    def change(document: Json) -> None:
        del of(document, "aws_ecs_service.west_web")["load_balancer"]

    gone, _ = changes(f"{SERVICES}/services.tf.json", change)
    assert {each for each in gone if "=" not in each} == {
        "flow request production/west/proxy -> production/west/web"
    }


def test_what_is_put_into_no_vault_is_not_backed_up() -> None:
    change = without("aws_backup_selection.west_blocks")
    gone, _ = changes(f"{DATA}/backup.tf.json", change)
    assert {each for each in gone if "=" not in each} == {
        "copy us in production/west/blocks/backup"
    }


def test_a_thing_has_the_name_in_its_tag() -> None:
    def change(document: Json) -> None:
        of(document, "aws_elasticache_cluster.west_cache")["tags"]["Component"] = "other"

    gone, come = changes(f"{DATA}/memcached.tf.json", change)
    assert "component production/west/cache" in gone
    assert "component production/west/other" in come
