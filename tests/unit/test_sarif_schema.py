"""What `--format sarif` writes, against the schema of the standard and what scanners need."""

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from caisson.cli.checked import Checked, Report
from caisson.cli.main import main
from caisson.cli.views.sarif import sarif_log
from caisson.estate.promises import PromiseFile
from caisson.prove.model import Decision, Fact, Verdict
from caisson.topology.model import Source, Topology

TESTS = Path(__file__).parents[1]
SHOP = TESTS / "plans" / "shop"
WORKSPACE = TESTS.parent / "examples" / "workspace"
DATABASE = "module.orders.aws_db_instance.this"


def log(*arguments: str | Path) -> Any:
    result = CliRunner().invoke(main, ["check", *map(str, arguments), "--format", "sarif"])
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = json.loads((TESTS / "schemas" / "sarif-schema-2.1.0.json").read_text())
    return jsonschema.validators.validator_for(schema)(schema)


@pytest.mark.parametrize(
    "arguments", [(SHOP / "plan.json",), (SHOP,), (WORKSPACE,), (WORKSPACE, SHOP / "before.json")]
)
def test_the_log_is_valid(validator: Any, arguments: tuple[Path, ...]) -> None:
    written = log(*arguments)
    validator.validate(written)
    assert written["runs"][0]["results"]


def test_the_schema_refuses_what_is_not_sarif(validator: Any) -> None:
    written = log(SHOP / "plan.json")
    del written["runs"][0]["results"][0]["message"]
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(written)


def test_a_result_leads_to_the_line_and_the_resource() -> None:
    results = log(SHOP / "plan.json")["runs"][0]["results"]
    closed = next(each for each in results if each["message"]["text"].startswith("stores-closed"))
    assert closed["level"] == "error"
    assert closed["ruleId"] == "open-to-internet"
    (location,) = closed["locations"]
    assert location["logicalLocations"] == [{"fullyQualifiedName": DATABASE}]
    physical = location["physicalLocation"]
    assert physical["artifactLocation"]["uri"].endswith("tests/plans/shop/database/main.tf")
    assert physical["region"]["startLine"] == 22
    steps = closed["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [each["location"]["physicalLocation"]["region"]["startLine"] for each in steps] == [
        22,
        11,
    ]


def test_without_sources_a_result_leads_to_the_plan(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_bytes((SHOP / "plan.json").read_bytes())
    for result in log(plan)["runs"][0]["results"]:
        physical = result["locations"][0]["physicalLocation"]
        assert physical["artifactLocation"]["uri"] == plan.as_uri()
        assert physical["region"]["startLine"] == 1


def test_a_line_of_a_file_leads_further_than_the_plan() -> None:
    promises = PromiseFile.model_validate({"promises": [{"name": "a", "public": []}]}).promises
    against = (Fact("b is public", Source("plan.json", 1)), Fact("so", Source("main.tf", 7)))
    verdict = Verdict("a", "b", Decision.BROKEN, (), against, "close it")
    one = Checked("p", Topology("p"), tuple(promises), (verdict,), documents=("plan.json",))
    (result,) = sarif_log(Report((one,)))["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("main.tf", 7)


def test_fingerprints_stay_when_files_move(tmp_path: Path) -> None:
    def prints(written: Any) -> set[str]:
        results = written["runs"][0]["results"]
        found = [each["partialFingerprints"]["caissonVerdict/v1"] for each in results]
        assert len(set(found)) == len(found)
        return set(found)

    moved = tmp_path / "moved"
    shutil.copytree(SHOP, moved)
    main_tf = moved / "database" / "main.tf"
    main_tf.write_text("# a comment\n\n" + main_tf.read_text())
    (moved / "plan.json").rename(moved / "other.json")
    assert prints(log(moved / "other.json")) == prints(log(SHOP / "plan.json"))
    assert prints(log(SHOP / "before.json")) < prints(log(SHOP / "plan.json"))


def test_what_is_accepted_is_suppressed(tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.yaml"
    plan, option = str(SHOP / "plan.json"), ["--baseline", str(baseline)]
    CliRunner().invoke(main, ["check", plan, *option, "--write-baseline"])
    baseline.write_text(baseline.read_text().replace('""', '"until the move"'))
    results = log(plan, *option)["runs"][0]["results"]
    broken = [each for each in results if each["level"] == "error"]
    assert broken
    assert all("until the move" in each["suppressions"][0]["justification"] for each in broken)
