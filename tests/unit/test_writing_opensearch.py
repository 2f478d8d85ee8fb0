import json
from pathlib import Path

from writing_support import ESTATE, of_root, read_back, rendered

ROOT = "production/us/data"
DOMAIN = "aws_opensearch_domain.us_{}_search"
TWO_USERS = ESTATE.replace("uses: {sessions: write}", "uses: {search: write}")


def documents(folder: Path) -> dict[str, dict]:
    blocks = json.loads(of_root(rendered(folder, TWO_USERS), ROOT)["opensearch.tf.json"])
    found: dict[str, dict] = blocks["data"]["aws_iam_policy_document"]
    return found


def test_who_reads_does_not_write_and_nobody_else_comes_in(tmp_path: Path) -> None:
    statements = {each["sid"]: each for each in documents(tmp_path)["us_west_search"]["statement"]}
    for each in statements.values():
        (condition,) = each["condition"]
        assert (condition["test"], condition["variable"]) == ("ArnEquals", "aws:PrincipalArn")
    assert {each.rpartition("/")[2] for each in statements["Read"]["condition"][0]["values"]} == {
        "shop-production-us-west-web-task",
        "shop-production-us-east-web-task",
    }
    assert set(statements["Read"]["actions"]) == {"es:ESHttpGet", "es:ESHttpHead"}
    assert all(each.rpartition("/")[2].startswith("_") for each in statements["Ask"]["resources"])
    writers = statements["Write"]["condition"][0]["values"]
    assert [each.rpartition("/")[2] for each in writers] == [
        "shop-production-us-west-mailer-task",
        "shop-production-us-east-mailer-task",
    ]


def test_what_is_put_inside_names_the_same_roles(tmp_path: Path) -> None:
    outputs = json.loads(of_root(rendered(tmp_path, TWO_USERS), ROOT)["outputs.tf.json"])["output"]
    put = outputs["us_west_search_roles"]["value"]
    mapped = put["_plugins/_security/api/rolesmapping/services-read"]["backend_roles"]
    statements = {each["sid"]: each for each in documents(tmp_path)["us_west_search"]["statement"]}
    assert mapped == statements["Read"]["condition"][0]["values"]


def test_a_domain_is_closed_and_encrypted_everywhere(tmp_path: Path) -> None:
    found = read_back(rendered(tmp_path), ROOT)
    held = {each.id: each for each in found.holdings}
    for where in ("west", "east"):
        domain = held[DOMAIN.format(where)]
        assert domain.encrypted
        assert domain.encrypted_in_transit
        assert domain.multi_zone


def test_the_standby_may_follow_the_home(tmp_path: Path) -> None:
    moved = [
        each
        for each in read_back(rendered(tmp_path), ROOT).movements
        if each.target == DOMAIN.format("east")
    ]
    assert [(each.source, each.sure) for each in moved] == [(DOMAIN.format("west"), False)]


def test_an_account_has_the_service_linked_role_once(tmp_path: Path) -> None:
    rendering = rendered(tmp_path)
    base = json.loads(of_root(rendering, "production/base")["opensearch.tf.json"])["resource"]
    assert list(base["aws_iam_service_linked_role"]) == ["opensearch"]
    without = rendered(tmp_path, ESTATE.replace("system: opensearch", "system: redis"))
    assert "opensearch.tf.json" not in of_root(without, "production/base")
