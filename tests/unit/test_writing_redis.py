import json
from pathlib import Path

from writing_support import ESTATE, of_root, read_back, rendered

from caisson.topology.resources import Way

US, EU = "production/us/data", "production/eu/data"
TWO_USERS = ESTATE.replace("uses: {orders: write, cache", "uses: {sessions: read, cache")


def redis(folder: Path, text: str = ESTATE, root: str = US) -> dict[str, dict[str, dict]]:
    found: dict[str, dict[str, dict]] = json.loads(
        of_root(rendered(folder, text), root)["redis.tf.json"]
    )
    return found["resource"] | {"moved": found.get("moved", [])}


def test_services_sign_in_as_themselves_and_nobody_else_does(tmp_path: Path) -> None:
    users = redis(tmp_path, TWO_USERS)["aws_elasticache_user"]
    assert users["us_west_sessions_user_mailer"]["authentication_mode"] == {"type": "iam"}
    assert "+@all" in users["us_west_sessions_user_mailer"]["access_string"]
    reader = users["us_west_sessions_user_web"]["access_string"].split()
    assert "-@all" in reader
    assert not {"+@all", "+@write"} & set(reader)
    nobody = users["us_west_sessions_default"]
    assert (nobody["user_name"], nobody["access_string"]) == ("default", "off ~* -@all")
    assert not any("passwords" in json.dumps(each) for each in users.values())


def test_the_standby_follows_the_home_and_both_are_closed(tmp_path: Path) -> None:
    found = read_back(rendered(tmp_path), US)
    home, standby = (
        f"aws_elasticache_replication_group.us_{each}_sessions" for each in ("west", "east")
    )
    moved = [each for each in found.movements if each.target == standby]
    assert [(each.way, each.source, each.sure) for each in moved] == [(Way.REPLICATION, home, True)]
    held = {each.id: each for each in found.holdings}
    for each in (home, standby):
        assert held[each].encrypted
        assert held[each].encrypted_in_transit
        assert held[each].multi_zone is not False


def test_a_home_without_a_standby_is_in_no_global_group(tmp_path: Path) -> None:
    found = redis(tmp_path, root=EU)
    assert "aws_elasticache_global_replication_group" not in found
    assert list(found["aws_elasticache_replication_group"]) == ["eu_central_sessions"]


def test_it_forgets_nothing_unless_it_can_be_made_again(tmp_path: Path) -> None:
    full = redis(tmp_path)["aws_elasticache_parameter_group"]["us_west_sessions"]["parameter"]
    assert full == [{"name": "maxmemory-policy", "value": "noeviction"}]
    cache = ESTATE.replace(
        "sessions: {system: redis}", "sessions: {system: redis, rebuildable: true}"
    )
    full = redis(tmp_path, cache)["aws_elasticache_parameter_group"]["us_west_sessions"][
        "parameter"
    ]
    assert full == [{"name": "maxmemory-policy", "value": "allkeys-lru"}]


def test_a_rename_moves_what_there_is_and_keeps_its_ids(tmp_path: Path) -> None:
    renamed = ESTATE.replace("sessions: {system: redis}", "logins: {system: redis, was: sessions}")
    before, after = (
        redis(tmp_path),
        redis(tmp_path, renamed.replace("{sessions: write}", "{logins: write}")),
    )
    for kind, id_ in (
        ("aws_elasticache_replication_group", "replication_group_id"),
        ("aws_elasticache_parameter_group", "description"),
        ("aws_elasticache_subnet_group", "name"),
        ("aws_elasticache_user_group", "user_group_id"),
        ("aws_elasticache_user", "user_id"),
    ):
        assert [each[id_] for each in after[kind].values()] == [
            each[id_] for each in before[kind].values()
        ]
        moves = [each for each in after["moved"] if each["from"].startswith(f"{kind}.")]
        assert [each["from"] for each in moves] == [f"{kind}.{each}" for each in before[kind]]


def test_home_and_standby_change_places_and_stay_what_they_are(tmp_path: Path) -> None:
    turned = ESTATE.replace("home: us-west, standby: us-east", "home: us-east, standby: us-west")
    before, after = redis(tmp_path), redis(tmp_path, turned)
    kept = {kind for kind in before if kind.startswith("aws_elasticache_")}
    for kind in kept:
        assert set(after[kind]) == set(before[kind])
    whole = "aws_elasticache_global_replication_group"
    name = "global_replication_group_id_suffix"
    assert after[whole]["us_sessions"][name] == before[whole]["us_sessions"][name]


def test_services_of_both_regions_come_to_the_primary(tmp_path: Path) -> None:
    outputs = json.loads(of_root(rendered(tmp_path), US)["outputs.tf.json"])["output"]
    told = [outputs[f"us_{each}_sessions_endpoint"]["value"] for each in ("west", "east")]
    primary = "aws_elasticache_replication_group.us_west_sessions.primary_endpoint_address"
    assert told == [f"${{{primary}}}:6379"] * 2


def test_what_cannot_be_made_again_is_copied_before_it_goes(tmp_path: Path) -> None:
    alone = ESTATE
    for line in ("orders:   {system: postgres}", "uploads:  {system: files, data: personal}"):
        alone = alone.replace(line, "")
    alone = alone.replace("orders: write, ", "").replace(", uploads: write", "")
    alone = alone.replace("rebuildable: {from: orders}", "rebuildable: true")
    rendering = rendered(tmp_path, alone)
    files = of_root(rendering, US)
    groups = json.loads(files["redis.tf.json"])["resource"]["aws_elasticache_replication_group"]
    told = groups["us_west_sessions"]["final_snapshot_identifier"]
    assert told == '${var.keep_data ? "shop-production-us-west-sessions-final" : null}'
    assert "keep_data" in json.loads(files["variables.tf.json"])["variable"]
    cache = ESTATE.replace("{system: redis}", "{system: redis, rebuildable: true}")
    made_again = redis(tmp_path, cache)["aws_elasticache_replication_group"]["us_west_sessions"]
    assert "final_snapshot_identifier" not in made_again
