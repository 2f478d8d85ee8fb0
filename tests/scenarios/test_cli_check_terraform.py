"""`caisson check` on somebody's Terraform: what it reads, what it shows, and how it ends."""

import json
import shutil
from pathlib import Path

import jsonschema
import pytest
from cli_support import WORKSPACE, caisson

from caisson.cli.views.head import EXAMPLE

SHOP = Path(__file__).parents[1] / "plans" / "shop"
PLAN, BEFORE = SHOP / "plan.json", SHOP / "before.json"
SECRET = "a-secret-nobody-may-see"
DATABASE = "module.orders.aws_db_instance.this"

OWN = """\
environments:
  production: {tags: {Environment: production}}
promises:
  - {name: database-is-closed, open to internet: [], of: module.orders}
  - {name: encrypted, encrypted: [at rest], of: module.orders}
"""


def own(folder: Path, text: str = OWN) -> Path:
    file = folder / "promises.yaml"
    file.write_text(text)
    return file


def test_without_promises_the_default_set_is_proved_and_said_to_be_so() -> None:
    ended = caisson("check", PLAN)
    assert ended.code == 1
    lines = ended.out.splitlines()
    assert lines[0] == f"read        {PLAN}: all 16 resources understood"
    assert lines[1] == f"sources     {SHOP}"
    assert lines[2].startswith("promises    Caisson's own defaults")
    assert "✗ broken       stores-closed-to-the-internet" in lines
    assert "  - {name: survives-a-zone, lose: zone, rpo: 5m}" in ended.out
    assert caisson("check", PLAN, "--json").json["promises_from"] == "defaults"


def test_the_example_of_a_promise_file_is_one(tmp_path: Path) -> None:
    shown = caisson("check", PLAN).out.splitlines()
    begin = shown.index("    environments:")
    text = "\n".join(line[4:] for line in shown[begin : shown.index("", begin)])
    document = caisson("check", PLAN, "--promises", own(tmp_path, text), "--json").json
    assert {v["promise"] for v in document["verdicts"]} >= {"only-web-is-open", "survives-a-zone"}


def test_the_manual_shows_the_same_example() -> None:
    manual = Path(__file__).parents[2] / "docs" / "check-terraform.md"
    assert EXAMPLE in manual.read_text()


def test_one_s_own_promises_are_proved_with_reason_and_place(tmp_path: Path) -> None:
    asked = own(tmp_path)
    ended = caisson("check", PLAN, "--promises", asked, "--json")
    assert ended.code == 1
    document = ended.json
    assert document["promises_from"] == "file"
    assert document["read"] == [{"name": str(PLAN), "files": [str(PLAN)], "sources": [str(SHOP)]}]
    by_name = {v["promise"]: v for v in document["verdicts"] if v["verdict"] != "holds"}
    assert by_name.keys() == {"database-is-closed"}
    broken = by_name["database-is-closed"]
    assert broken["subject"] == DATABASE
    assert broken["source"] == f"{asked}:4"
    texts = {fact["text"]: fact["source"] for fact in broken["counterexample"]}
    place = f"{SHOP}/database/main.tf"
    assert texts[f"the internet can open tcp 5432 at {DATABASE}"] == f"{place}:22"
    assert any(source == f"{place}:11" for source in texts.values())
    assert broken["certificate"]["kind"]
    assert document["coverage"] == {"resources": 16, "understood": 16, "ignored": {}}


def test_what_holds_and_cannot_be_told_end_as_the_contract_says(tmp_path: Path) -> None:
    holds = own(tmp_path, "promises:\n  - {name: a, open to internet: [], of: module.orders}\n")
    assert caisson("check", BEFORE, "--promises", holds, "--strict").code == 0
    unknown = own(tmp_path, "promises:\n  - {name: a, encrypted: [at rest], of: module.absent}\n")
    assert caisson("check", PLAN, "--promises", unknown).code == 0
    assert caisson("check", PLAN, "--promises", unknown, "--strict").code == 3


def test_the_packet_that_passes_is_told_on_one_line(tmp_path: Path) -> None:
    for asked in (
        "  - {name: a, open to internet: [], of: module.orders}\n",
        "  - {name: a, reach: module.orders, from: []}\n",
    ):
        promises = own(tmp_path, "promises:\n" + asked)
        lines = caisson("check", PLAN, "--promises", promises).out.splitlines()
        (shown,) = [line for line in lines if "→" in line and ":49152" in line]
        assert f":49152 → {DATABASE} (10.0." in shown
        assert shown.endswith(") tcp 5432")


def test_what_is_alike_is_told_once() -> None:
    out = caisson("check", PLAN).out
    assert out.count("is not encrypted at rest") == 1
    assert "    ✗ each of them is not encrypted at rest" in out
    for key in ("cancelled", "ordered", "paid"):
        assert f'  aws_sns_topic.events["{key}"]' in out


def test_one_question_left_open_under_two_promises_is_told_once(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    shutil.copy(PLAN, plan)  # without its sources more is unknown
    lines = caisson("check", plan).out.splitlines()
    assert f"      stores-closed-to-the-internet, only-web-ports-are-open  {DATABASE}" in lines


def test_the_sources_can_lie_elsewhere(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    shutil.copy(PLAN, plan)
    alone = caisson("check", plan)
    assert "sources     the *.tf files were not found" in alone.out
    assert "main.tf" not in alone.out
    assert f"database{'/'}main.tf:22" in caisson("check", plan, "--source", SHOP).out


def test_modules_beside_and_fetched_modules_are_read_too(tmp_path: Path) -> None:
    root = tmp_path / "live" / "shop"
    root.mkdir(parents=True)
    shutil.copy(PLAN, root / "plan.json")
    text = (SHOP / "main.tf").read_text()
    beside = tmp_path / "modules" / "database"
    shutil.copytree(SHOP / "database", beside)
    (root / "main.tf").write_text(text.replace("./database", "../../modules/database"))
    assert f"{beside}/main.tf:22" in caisson("check", root / "plan.json", "--json").out

    fetched = root / ".terraform" / "modules" / "orders"
    shutil.move(beside, fetched)
    (root / "main.tf").write_text(text.replace("./database", "example/database/aws"))
    listed = {
        "Modules": [{"Key": "orders", "Source": "example", "Dir": ".terraform/modules/orders"}]
    }
    (root / ".terraform" / "modules" / "modules.json").write_text(json.dumps(listed))
    assert f"{fetched}/main.tf:22" in caisson("check", root / "plan.json", "--json").out


def test_a_source_without_configuration_is_wrong_input(tmp_path: Path) -> None:
    ended = caisson("check", PLAN, "--source", tmp_path)
    assert ended.code == 2
    assert "there is no *.tf file in this folder" in ended.err


def test_a_configuration_that_nobody_planned_is_checked_too() -> None:
    document = caisson("check", SHOP, "--json").json
    broken = {v["subject"] for v in document["verdicts"] if v["verdict"] == "broken"}
    assert DATABASE in broken
    assert document["read"][0]["sources"] == [str(SHOP)]


def test_a_configuration_in_the_current_folder_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SHOP)
    document = caisson("check", "--json").json
    assert document["coverage"]["resources"] == 16
    assert any("main.tf:" in f["source"] for v in document["verdicts"] for f in v["counterexample"])


def test_a_folder_of_plans_is_all_of_them(tmp_path: Path) -> None:
    shutil.copy(PLAN, tmp_path / "new.json")
    shutil.copy(BEFORE, tmp_path / "old.json")
    document = caisson("check", tmp_path, "--json").json
    assert {each["name"] for each in document["read"]} == {
        f"{tmp_path}/new.json",
        f"{tmp_path}/old.json",
    }
    prints = [v["fingerprint"] for v in document["verdicts"]]
    assert len(set(prints)) == len(prints)


def test_plans_below_a_folder_are_found_among_other_files(tmp_path: Path) -> None:
    for name, file in (("staging", "plan"), ("production", "tfplan"), ("node_modules", "plan")):
        (tmp_path / name).mkdir()
        shutil.copy(PLAN, tmp_path / name / f"{file}.json")
        (tmp_path / name / "package.json").write_text('{"name": "shop", "version": "1.0"}')
    document = caisson("check", tmp_path, "--together", "--json").json
    (read,) = document["read"]
    assert read["name"] == "production and staging"
    assert document["coverage"]["resources"] == 32


def test_a_file_of_a_configuration_stands_for_its_folder() -> None:
    assert caisson("check", SHOP / "main.tf", "--json").json["coverage"]["resources"] == 16


TWO = """\
environments:
  new: {addresses: "plan:*"}
  old: {addresses: "before:*"}
promises:
  - {name: alike, same: [new, old]}
  - {name: apart, isolate: [new, old]}
  - {name: closed, open to internet: [], of: module.orders}
"""


def test_several_plans_with_promises_are_one_estate(tmp_path: Path) -> None:
    asked = own(tmp_path, TWO)
    document = caisson("check", PLAN, BEFORE, "--promises", asked, "--json").json
    (read,) = document["read"]
    assert read["files"] == [str(PLAN), str(BEFORE)]
    assert document["coverage"]["resources"] == 32
    by_name = {v["promise"]: v for v in document["verdicts"] if v["verdict"] != "holds"}
    (against,) = by_name["alike"]["counterexample"]
    assert "tcp 5432 anywhere in new, tcp 5432 203.0.113.7/32 in old" in against["text"]
    assert by_name["closed"]["subject"] == f"plan:{DATABASE}"
    # one provider configuration in each, and no word about their accounts
    assert by_name["apart"]["verdict"] == "unknown"
    assert any("accounts" in fact["text"] for fact in by_name["apart"]["why"])
    shown = caisson("check", PLAN, BEFORE, "--promises", asked).out.splitlines()
    assert shown[1] == "as          one estate of 2 roots: plan:…, before:…"


def test_several_plans_can_be_checked_each_by_itself(tmp_path: Path) -> None:
    asked = own(tmp_path, TWO)
    document = caisson("check", PLAN, BEFORE, "--promises", asked, "--each", "--json").json
    assert [each["name"] for each in document["read"]] == [str(PLAN), str(BEFORE)]
    alike = [v for v in document["verdicts"] if v["promise"] == "alike"]
    assert [v["verdict"] for v in alike] == ["unknown", "unknown"]


def test_an_empty_folder_is_wrong_input(tmp_path: Path) -> None:
    ended = caisson("check", tmp_path)
    assert ended.code == 2


@pytest.mark.parametrize("form", ["human", "json", "sarif", "markdown"])
@pytest.mark.parametrize("why", [(), ("--why",)])
def test_what_is_sensitive_is_shown_by_no_form(form: str, why: tuple[str, ...]) -> None:
    assert SECRET in PLAN.read_text()
    ended = caisson("check", PLAN, "--format", form, "--before", BEFORE, *why)
    assert SECRET not in ended.out + ended.err
    assert SECRET not in caisson("check", SHOP, "--format", form, *why).out


def test_names_in_a_plan_tell_a_terminal_nothing(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(PLAN.read_text().replace("cancelled", "\\u001b[2J\\u0007\\u202egone"))
    out = caisson("check", plan, "--why").out
    assert 'aws_sns_topic.events["␛[2J\ufffdgone"]' in out
    assert not set("\x1b\x07\u202e") & set(out)


def test_what_may_not_be_read_is_wrong_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "closed"
    folder.mkdir()

    def refused(self: Path) -> object:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "iterdir", refused)
    ended = caisson("check", folder)
    assert ended.code == 2
    assert f"{folder}:1:1: cannot be read: Permission denied" in ended.err


def test_mistakes_of_plans_promises_and_baseline_are_told_at_once(tmp_path: Path) -> None:
    cut = tmp_path / "cut.json"
    cut.write_bytes(PLAN.read_bytes()[:5000])
    asked = own(tmp_path, "promises:\n  - {name: a, encrypted: [at test]}\n")
    baseline = tmp_path / "baseline.yaml"
    baseline.write_text("accepted:\n  - {promise: a}\n")
    missing = tmp_path / "absent.json"
    ended = caisson("check", cut, missing, "--promises", asked, "--baseline", baseline)
    assert ended.code == 2
    assert ended.out == ""
    for file in (cut, missing, asked, baseline):
        assert f"{file}:" in ended.err
    told = caisson("check", cut, missing, "--promises", asked, "--json")
    assert {each["file"] for each in told.json["mistakes"]} == {str(cut), str(missing), str(asked)}


@pytest.mark.parametrize("content", ["", "[]", "null", '{"format_version": "9.0"}', "{" * 100_000])
def test_no_content_is_taken_for_a_plan_that_is_none(tmp_path: Path, content: str) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(content)
    ended = caisson("check", plan)
    assert ended.code == 2
    assert f"{plan}:" in ended.err


def test_an_estate_and_a_plan_are_checked_side_by_side() -> None:
    document = caisson("check", WORKSPACE, PLAN, "--json").json
    assert {v["estate"] for v in document["verdicts"]} == {"workspace", str(PLAN)}


def test_what_no_default_promise_speaks_of_is_said_to_be_so(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "main.tf").write_text('resource "aws_iam_group" "a" {\n  name = "a"\n}\n')
    ended = caisson("check", folder, "--strict")
    assert ended.code == 0
    assert "none of the default promises speaks of what was read" in ended.out
    markdown = caisson("check", folder, "--format", "markdown").out
    assert "none of the default promises speaks of what was read" in markdown


def test_the_change_is_told_promise_by_promise() -> None:
    ended = caisson("check", PLAN, "--before", BEFORE, "--json")
    assert ended.code == 1
    found = {each["promise"]: each for each in ended.json["changes"]}
    closed = found["stores-closed-to-the-internet"]
    assert (closed["direction"], closed["before"], closed["after"]) == ("worse", "holds", "broken")
    assert closed["worse"] == [DATABASE]
    assert found["encrypted-at-rest"]["direction"] == "same"
    back = caisson("check", BEFORE, "--before", PLAN, "--json").json["changes"]
    assert {e["promise"]: e["direction"] for e in back}["no-public-stores"] == "better"


def test_what_was_printed_before_can_be_compared_with(tmp_path: Path) -> None:
    printed = tmp_path / "before.json"
    printed.write_text(caisson("check", BEFORE, "--json").out)
    by_plan = caisson("check", PLAN, "--before", BEFORE, "--json").json["changes"]
    assert caisson("check", PLAN, "--before", printed, "--json").json["changes"] == by_plan


@pytest.mark.parametrize(
    "content",
    ['{"verdicts": [', '{"verdicts": 5}', '{"verdicts": [{"promise": 1}]}', '{"verdicts": [5]}'],
)
def test_what_was_printed_before_and_is_not_whole_is_wrong_input(
    tmp_path: Path, content: str
) -> None:
    printed = tmp_path / "before.json"
    printed.write_text(content)
    ended = caisson("check", PLAN, "--before", printed)
    assert ended.code == 2
    assert f"{printed}:1:1: is not whole" in ended.err


def test_the_document_is_as_its_schema_says(tmp_path: Path) -> None:
    file = Path(__file__).parents[2] / "docs" / "check-output.schema.json"
    validator = jsonschema.Draft202012Validator(json.loads(file.read_text()))
    baseline = tmp_path / "baseline.yaml"
    caisson("check", PLAN, "--baseline", baseline, "--write-baseline")
    baseline.write_text(baseline.read_text().replace('""', '"because"'))
    for ended in (
        caisson("check", PLAN, "--before", BEFORE, "--baseline", baseline, "--json"),
        caisson("check", WORKSPACE, "--json"),
    ):
        validator.validate(ended.json)


def test_a_folder_of_roots_is_read_as_one_estate(tmp_path: Path) -> None:
    network = tmp_path / "live" / "us" / "network"
    app = tmp_path / "live" / "eu" / "network"
    state = 'terraform {\n  backend "s3" {\n    bucket = "states"\n    key = "net"\n  }\n}\n'
    aws = 'provider "aws" {\n  region = "us-west-2"\n}\n'
    vpc = 'resource "aws_vpc" "v" { cidr_block = "10.0.0.0/16" }\n'
    output = 'output "vpc_id" { value = aws_vpc.v.id }\n'
    reads = (
        'data "terraform_remote_state" "n" {\n  backend = "s3"\n'
        '  config = { bucket = "states", key = "net" }\n}\n'
        'resource "aws_subnet" "s" {\n  cidr_block = "10.0.1.0/24"\n'
        "  vpc_id = data.terraform_remote_state.n.outputs.vpc_id\n}\n"
    )
    module = tmp_path / "modules" / "unused"
    for folder, text in ((network, state + aws + vpc + output), (app, aws + reads)):
        folder.mkdir(parents=True)
        (folder / "main.tf").write_text(text)
    module.mkdir(parents=True)
    (module / "main.tf").write_text('resource "aws_vpc" "other" {}\n')
    promised = own(tmp_path, "promises:\n  - {name: a, open to internet: []}\n")
    document = caisson("check", tmp_path, "--promises", promised, "--json").json
    assert document["coverage"]["resources"] == 2
    assert document["read"][0]["sources"] == [str(app), str(network)]
    assert (
        "one estate of 2 roots: live-eu-network:…, live-us-network:…"
        in caisson("check", tmp_path, "--promises", promised).out
    )
