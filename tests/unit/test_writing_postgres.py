import json
from pathlib import Path
from typing import Any

import pytest
from writing_support import ESTATE, of_root, planned, read_back, rendered

from caisson.estate.mistakes import EstateErrors
from caisson.estate.model import Lose, LoseRegion
from caisson.terraform.writing.aws import postgres_alarms, postgres_proxy
from caisson.terraform.writing.aws.sizes import crosses_regions, exists, memory_gib
from caisson.terraform.writing.text import files
from caisson.topology.resources import Rest, Way

US, EU = "production/us/data", "production/eu/data"
HOME, STANDBY = "us_west_orders", "us_east_orders"
LOGGED = ESTATE.replace(
    "{system: postgres}", "{system: postgres, backup: {every: 1d, wal: true, keep: 20d}}"
)
SWAPPED = ESTATE.replace("{home: us-west, standby: us-east}", "{home: us-east, standby: us-west}")
RENAMED = (
    ESTATE.replace("orders:   {system: postgres}", "sales: {system: postgres, was: orders}")
    .replace("{from: orders}", "{from: sales}")
    .replace("{orders: write", "{sales: write")
    .replace("  web:\n    run: [web]", "  site:\n    was: web\n    run: [web]")
)
_NAMES = ("postgres", "monitoring", "postgres_proxies", "credentials", "outputs")


def written(folder: Path, text: str = ESTATE, root: str = US) -> dict[str, Any]:
    """Return what is written of Postgres in a root: blocks by type and name, and the rest."""
    found: dict[str, Any] = {"moved": []}
    for name, content in of_root(rendered(folder, text), root).items():
        if name.removesuffix(".tf.json") in _NAMES:
            document = json.loads(content)
            for form in ("resource", "ephemeral", "data", "output"):
                for kind, blocks in document.get(form, {}).items():
                    found.setdefault(kind, {}).update(blocks)
            found["moved"] += document.get("moved", [])
    return found


def test_the_standby_follows_the_home_and_both_are_closed(tmp_path: Path) -> None:
    found = read_back(rendered(tmp_path), US)
    home, standby = f"aws_db_instance.{HOME}", f"aws_db_instance.{STANDBY}"
    moved = [each for each in found.movements if each.target == standby]
    assert [(each.way, each.source, each.sure) for each in moved] == [(Way.REPLICATION, home, True)]
    held = {each.id: each for each in found.holdings}
    for each in (home, standby):
        assert held[each].encrypted
        assert held[each].encrypted_in_transit
        assert held[each].multi_zone
        assert not held[each].public
    assert held[standby].rest is Rest.REPLICA


def test_the_standby_is_ready_to_be_what_the_home_was(tmp_path: Path) -> None:
    made = written(tmp_path)["aws_db_instance"]
    home, standby = made[HOME], made[STANDBY]
    of_the_home_alone = {
        "engine",
        "engine_version",
        "allocated_storage",
        "db_name",
        "username",
        "password_wo",
        "password_wo_version",
    }
    assert set(home) - set(standby) == of_the_home_alone
    assert set(standby) - set(home) == {"replicate_source_db", "timeouts", "//"}
    same = set(home) & set(standby) - {"maintenance_window", "provider", "depends_on", "identifier"}
    for each in same:
        here = json.dumps(home[each]).replace("us_west", "us_east").replace("us-west", "us-east")
        assert here == json.dumps(standby[each]), each
    assert home["maintenance_window"] != standby["maintenance_window"]


def test_what_keeps_data_goes_only_when_somebody_lets_it_go(tmp_path: Path) -> None:
    made = written(tmp_path)
    for each in made["aws_db_instance"].values():
        assert each["deletion_protection"] == "${var.keep_data}"
        assert (
            each["skip_final_snapshot"] == each["delete_automated_backups"] == "${!var.keep_data}"
        )
    for each in made["aws_secretsmanager_secret"].values():
        assert each["recovery_window_in_days"] == "${var.keep_data ? 30 : 0}"


def test_backups_reach_the_standby_with_the_wal(tmp_path: Path) -> None:
    kept = "aws_db_instance_automated_backups_replication"
    assert kept not in written(tmp_path)
    there = written(tmp_path, LOGGED)[kept][STANDBY]
    assert there["retention_period"] == 20
    assert "us_east_customer_key_arn" in there["kms_key_id"]
    assert written(tmp_path, LOGGED)["aws_db_instance"][HOME]["backup_retention_period"] == 20


def test_a_change_of_places_promotes_the_standby_where_it_is(tmp_path: Path) -> None:
    before = written(tmp_path)["aws_db_instance"][STANDBY]
    after = written(tmp_path, SWAPPED)["aws_db_instance"][STANDBY]
    assert "replicate_source_db" in before
    assert "replicate_source_db" not in after
    assert after["identifier"] == before["identifier"]


def test_a_rename_moves_what_there_is_and_keeps_its_names(tmp_path: Path) -> None:
    before, after = written(tmp_path), written(tmp_path, RENAMED)
    for kind, called in (
        ("aws_db_instance", "identifier"),
        ("aws_db_instance", "db_name"),
        ("aws_db_parameter_group", "description"),
        ("aws_db_proxy", "name"),
        ("aws_secretsmanager_secret", "name"),
        ("aws_cloudwatch_log_group", "name"),
    ):
        assert [each.get(called) for each in after[kind].values()] == [
            each.get(called) for each in before[kind].values()
        ]
    moves = {each["from"]: each["to"] for each in after["moved"]}
    for kind in ("aws_db_instance", "aws_secretsmanager_secret", "aws_cloudwatch_log_group"):
        came_from = {f"{kind}.{name}" for name in before[kind] if "orders" in name}
        assert came_from <= set(moves), kind
    assert after["us_west_site_sales_user_name"]["value"] == "web"


def test_no_password_is_written_but_where_no_state_keeps_it(tmp_path: Path) -> None:
    whole = {
        name: text for name, text in files(rendered(tmp_path)).items() if "credentials" in name
    }
    assert whole
    for text in whole.values():
        assert '"secret_string"' not in text
    made = written(tmp_path)
    for each in made["aws_db_instance"].values():
        assert "password" not in each
    for name, each in made["aws_secretsmanager_secret_version"].items():
        assert each["secret_string_wo_version"]
        assert f"ephemeral.aws_secretsmanager_random_password.{name}." in each["secret_string_wo"]
    given = made["aws_db_instance"][HOME]["password_wo"]
    kept = made["aws_secretsmanager_secret_version"][f"{HOME}_administrator"]["secret_string_wo"]
    assert given.removeprefix("${").removesuffix("}") in kept


def test_every_secret_is_rotated_and_copied_to_the_standby_alone(tmp_path: Path) -> None:
    made = written(tmp_path)
    secrets = made["aws_secretsmanager_secret"]
    assert list(secrets) == list(made["aws_secretsmanager_secret_rotation"])
    for each in secrets.values():
        assert [copy["region"] for copy in each["replica"]] == ["us-east-2"]
        # AWS puts a hyphen and six characters behind a name: it must not end like that itself.
        assert each["name"].endswith("/credential")
    alone = written(tmp_path, root=EU)["aws_secretsmanager_secret"]
    assert all(each["replica"] == [] for each in alone.values())


def test_a_proxy_takes_services_by_their_roles_over_tls(tmp_path: Path) -> None:
    for each in written(tmp_path)["aws_db_proxy"].values():
        assert each["require_tls"] is True
        assert [(auth["iam_auth"], auth["auth_scheme"]) for auth in each["auth"]] == [
            ("REQUIRED", "SECRETS")
        ]


def test_the_proxy_of_the_standby_waits_for_a_failover(tmp_path: Path) -> None:
    made = written(tmp_path)
    assert {HOME, STANDBY} <= set(made["aws_db_proxy"])
    assert HOME in made["aws_db_proxy_target"]
    assert STANDBY not in made["aws_db_proxy_target"]
    for region in ("us_west", "us_east"):
        assert f"aws_db_proxy.{HOME}.endpoint" in made[f"{region}_orders_endpoint"]["value"]
    arn = made["us_east_web_orders_user_arn"]["value"]
    assert f"aws_db_proxy.{STANDBY}.arn" in arn
    assert arn.endswith("/web")


def test_a_proxy_reads_the_secrets_of_its_store_in_its_region_and_no_others(tmp_path: Path) -> None:
    documents = written(tmp_path)["aws_iam_policy_document"]
    for name, region in ((f"{HOME}_proxy", "us_west"), (f"{STANDBY}_proxy", "us_east")):
        read, decipher = documents[name]["statement"]
        assert read["actions"] == ["secretsmanager:GetSecretValue"]
        (secret,) = read["resources"]
        assert f"aws_secretsmanager_secret.{HOME}_web.arn" in secret
        assert (":us-east-2:" in secret) == (region == "us_east")
        assert decipher["resources"] == [
            f"${{data.terraform_remote_state.keys.outputs.{region}_internal_key_arn}}"
        ]


def test_a_store_that_no_service_uses_has_no_proxy(tmp_path: Path) -> None:
    unused = ESTATE.replace("{orders: write, ", "{")
    assert not {HOME, STANDBY} & set(written(tmp_path, unused).get("aws_db_proxy", {}))


@pytest.mark.parametrize(
    ("promises", "rpo_s"),
    [
        ((), 300.0),
        (({"name": "a", "when": "region lost", "rpo": "5s", "rto": "60s"},), 5.0),
        (
            (
                {"name": "a", "when": "region lost", "rpo": "90s", "rto": "60s"},
                {"name": "b", "lose": "region", "rpo": "30s"},
                {"name": "c", "lose": "zone", "rpo": "1s"},
            ),
            30.0,
        ),
    ],
)
def test_the_alarm_on_lag_is_what_was_promised_of_a_region(
    tmp_path: Path, promises: tuple[dict[str, str], ...], rpo_s: float
) -> None:
    estate = planned(tmp_path).estate
    made = [
        LoseRegion.model_validate(each) if "when" in each else Lose.model_validate(each)
        for each in promises
    ]
    told = estate.model_copy(update={"promises": made})
    assert postgres_alarms.promised_rpo_s(told) == rpo_s


def test_users_that_a_database_cannot_have_are_refused(tmp_path: Path) -> None:
    reserved = ESTATE.replace("  mailer:", "  rdsproxyadmin:").replace(
        "{sessions: write}", "{orders: read}"
    )
    with pytest.raises(EstateErrors) as refused:
        rendered(tmp_path, reserved)
    (mistake,) = refused.value.mistakes
    assert "`rdsproxyadmin` is another user" in mistake.what
    assert mistake.source.line == 1 + reserved[: reserved.index("rdsproxyadmin")].count("\n")


def test_a_proxy_lets_in_as_many_services_as_its_role_can_name(tmp_path: Path) -> None:
    def crowd(services: int) -> str:
        more = "".join(
            f"  more-{each}: {{run: [x], image: shop/x:1, uses: {{orders: read}}}}\n"
            for each in range(services - 1)
        )
        return ESTATE.replace("services:\n", f"services:\n{more}")

    assert rendered(tmp_path, crowd(postgres_proxy.MOST_SERVICES))
    with pytest.raises(EstateErrors) as refused:
        rendered(tmp_path, crowd(postgres_proxy.MOST_SERVICES + 1))
    (mistake,) = refused.value.mistakes
    assert "orders has 35 services" in mistake.what


def test_sizes_that_there_are() -> None:
    assert exists("postgres", "db.r6g.large")
    assert not exists("postgres", "db.r6g.huge")
    assert not exists("postgres", "cache.r6g.large")
    assert exists("redis", "cache.t4g.small")
    assert not exists("redis", "cache.t4g.xlarge")
    assert exists("opensearch", "m6g.large.search")
    assert not exists("opensearch", "m6g.large")
    assert not crosses_regions("redis", "cache.t4g.small")
    assert crosses_regions("redis", "cache.m6g.large")
    # From "Hardware specifications for DB instance classes" of RDS.
    for name, gib in (
        ("db.t4g.medium", 4),
        ("db.m6i.32xlarge", 512),
        ("db.r6g.large", 16),
        ("db.r7g.16xlarge", 512),
        ("db.x2idn.16xlarge", 1024),
        ("db.x2iedn.xlarge", 128),
    ):
        assert memory_gib(name) == gib, name
