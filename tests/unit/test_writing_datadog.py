"""The written monitors of Datadog: only when asked for, for everything that serves or keeps."""

import json
from pathlib import Path

from writing_support import ESTATE, of_root, planned, rendered

from caisson.terraform.writing.model import Rendering
from caisson.topology.model import Kind

ASKED = f"{ESTATE}  datadog: true\n"


def _monitors(rendering: Rendering, environment: str) -> dict[str, dict[str, object]]:
    text = of_root(rendering, f"{environment}/monitors")["monitors.tf.json"]
    return json.loads(text)["resource"]["datadog_monitor"]


def test_there_are_no_monitors_unless_asked_for(tmp_path: Path) -> None:
    paths = {each.path for each in rendered(tmp_path).roots}
    assert {each.path for each in rendered(tmp_path, ASKED).roots} - paths == {
        "production/monitors",
        "staging/monitors",
    }
    assert not any(each.others for each in rendered(tmp_path).roots)


def test_every_public_service_and_every_store_is_watched(tmp_path: Path) -> None:
    plan, rendering = planned(tmp_path, ASKED), rendered(tmp_path, ASKED)
    for area in plan.areas:
        seen = {
            tuple(tag for tag in each["tags"] if tag.startswith(("component", "region")))
            for each in _monitors(rendering, area.environment).values()
        }
        for place in area.places:
            stores = {each.name for each in plan.components(place, Kind.STORE)}
            region = f"region:{place.aws}"
            watched = {tag.partition(":")[2] for tag, where in seen if where == region}
            assert watched == {*stores, "web"}


def test_a_monitor_asks_about_its_own_environment_with_its_own_limit(tmp_path: Path) -> None:
    rendering = rendered(tmp_path, ASKED)
    for environment in ("production", "staging"):
        for each in _monitors(rendering, environment).values():
            query = str(each["query"])
            assert f"estate:shop,environment:{environment},component:" in query
            assert "{of}" not in query
            limit = query.rpartition(" ")[2]
            assert float(limit) == each["monitor_thresholds"]["critical"]
            assert limit == json.dumps(each["monitor_thresholds"]["critical"])
            assert "@platform@shop.example" in str(each["message"])


def test_the_keys_of_datadog_stand_nowhere(tmp_path: Path) -> None:
    files = of_root(rendered(tmp_path, ASKED), "production/monitors")
    settings = json.loads(files["root.tf.json"])
    assert settings["terraform"]["required_providers"]["datadog"]["source"] == "DataDog/datadog"
    assert "datadog" not in settings["provider"]
    assert "variables.tf.json" not in files
