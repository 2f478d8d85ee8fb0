"""`caisson check`: what it shows, in which form, and how it ends."""

import json
from pathlib import Path

import pytest
from cli_support import BROKEN, HOLDS, UNKNOWN, WORKSPACE, caisson, shop

ASKED = "promises:\n  - {name: only-web, reach: orders, from: [web, jobs]}\n"


@pytest.mark.parametrize(
    ("promises", "code", "strict_code"),
    [
        ((HOLDS,), 0, 0),
        ((HOLDS, UNKNOWN), 0, 3),
        ((HOLDS, BROKEN), 1, 1),
        ((UNKNOWN, BROKEN), 1, 1),
        ((), 0, 0),
    ],
)
def test_the_exit_code_tells_the_worst_verdict(
    tmp_path: Path, promises: tuple[str, ...], code: int, strict_code: int
) -> None:
    estate = shop(tmp_path, *promises)
    assert caisson("check", estate).code == code
    assert caisson("check", estate, "--strict").code == strict_code


def test_json_gives_each_verdict_with_derivation_and_place(tmp_path: Path) -> None:
    estate = shop(tmp_path, HOLDS, BROKEN, UNKNOWN)
    document = caisson("check", estate, "--json").json
    verdicts = {verdict["promise"]: verdict for verdict in document["verdicts"]}
    assert {name: v["verdict"] for name, v in verdicts.items()} == {
        "stays": "holds",
        "only-web": "broken",
        "survives": "unknown",
    }
    assert verdicts["stays"]["why"]
    assert verdicts["stays"]["counterexample"] == []
    broken = verdicts["only-web"]
    assert broken["source"] == f"{estate}:16"
    assert any("jobs" in fact["text"] for fact in broken["counterexample"])
    assert {fact["source"] for fact in broken["counterexample"]} == {f"{estate}:11"}
    assert f"{estate}:11" in broken["remedy"]
    assert document["coverage"] == {"resources": 9, "understood": 9, "ignored": {}}


def test_the_json_option_and_the_json_format_are_the_same(tmp_path: Path) -> None:
    estate = shop(tmp_path, HOLDS)
    by_option = caisson("check", estate, "--json")
    assert by_option.out == caisson("check", estate, "--format", "json").out
    assert caisson("check", estate, "--json", "--format", "sarif").code == 2


def test_people_read_verdict_chain_counterexample_and_remedy(tmp_path: Path) -> None:
    estate = shop(tmp_path, HOLDS, BROKEN)
    lines = caisson("check", estate).out.splitlines()
    assert lines[0] == "read        shop: all 9 resources understood"
    at = lines.index(f"✗ broken       only-web  {estate}:16")
    assert "only web can open orders" in lines[at + 1]
    assert "  production/orders" in lines[at:]
    assert (
        f"    ✗ jobs may write with the credential production/us/jobs/orders  {estate}:11"
        in (lines[at:])
    )
    assert any(line.startswith("    → take `orders` out") for line in lines[at:])
    assert "✓ holds        stays     the data of us tenants stays in us" in lines
    assert lines[-3:] == ["✗ broken       only-web", "", "1 holds, 1 is broken"]


def test_what_holds_is_derived_for_those_who_ask_why(tmp_path: Path) -> None:
    estate = shop(tmp_path, HOLDS)
    derived = "production/us-east/orders, in us: replication from production/us-west/orders"
    assert derived not in caisson("check", estate).out
    assert derived in caisson("check", estate, "--why").out


def test_what_keeps_a_verdict_open_goes_before_what_is_known(tmp_path: Path) -> None:
    estate = shop(tmp_path, UNKNOWN)
    known, unknown = "web runs in production/us-east/web too", "how long it takes until service"
    short, whole = caisson("check", estate).out, caisson("check", estate, "--why").out
    assert unknown in short
    assert known not in short
    assert known in whole


def test_what_is_piped_has_no_colour_and_no_broken_lines(tmp_path: Path) -> None:
    estate = shop(tmp_path / ("folder" * 20), BROKEN)
    out = caisson("check", estate).out
    assert "\x1b" not in out
    assert out.count(f"{estate}:11") > 1


def test_an_estate_that_promises_nothing_is_told_so(tmp_path: Path) -> None:
    ended = caisson("check", shop(tmp_path))
    assert ended.code == 0
    assert "nothing is promised" in ended.out


def test_several_estates_are_checked_together(tmp_path: Path) -> None:
    estate = shop(tmp_path, BROKEN)
    document = caisson("check", WORKSPACE, estate, "--json").json
    assert {verdict["estate"] for verdict in document["verdicts"]} == {"workspace", "shop"}
    assert document["coverage"]["resources"] == 32 + 9
    shown = caisson("check", WORKSPACE, estate)
    assert shown.code == 1
    assert "estate workspace\n" in shown.out
    assert "estate shop\n" in shown.out


def test_the_current_folder_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop(tmp_path, HOLDS)
    monkeypatch.chdir(tmp_path)
    assert caisson("check", "--json").json["verdicts"][0]["source"] == "estate.yaml:15"


def test_the_mistakes_of_all_estates_are_told_at_once(tmp_path: Path) -> None:
    first, second = shop(tmp_path / "a", HOLDS), shop(tmp_path / "b", HOLDS)
    first.write_text(first.read_text().replace("postgres", "postgre"))
    second.write_text(second.read_text().replace("home: us}", "home: use}"))
    ended = caisson("check", first, second)
    assert ended.code == 2
    assert ended.out == ""
    assert f"{first}:8:12: " in ended.err
    assert f"{second}:13:10: " in ended.err
    assert "did you mean `us`?" in ended.err
    assert "2 mistakes; nothing was changed" in ended.err


def test_mistakes_are_json_too(tmp_path: Path) -> None:
    estate = shop(tmp_path, HOLDS)
    estate.write_text(estate.read_text().replace("postgres", "postgre"))
    ended = caisson("check", estate, "--json")
    assert ended.code == 2
    (mistake,) = ended.json["mistakes"]
    assert (mistake["file"], mistake["line"], mistake["column"]) == (str(estate), 8, 12)
    assert mistake["remedy"] == "did you mean `postgres`?"
    assert ended.json["errors"][0].startswith(f"{estate}:8:12: ")


def test_what_is_neither_a_plan_nor_a_state_is_refused(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text('{"format_version": "1.2"}')
    ended = caisson("check", plan)
    assert ended.code == 2
    assert "there is neither a plan nor a state in this file" in ended.err


def test_a_path_that_leads_nowhere_is_wrong_input(tmp_path: Path) -> None:
    ended = caisson("check", tmp_path / "absent")
    assert ended.code == 2
    assert "there is no such file or folder" in ended.err


def test_a_promise_file_replaces_and_extends(tmp_path: Path) -> None:
    estate = shop(tmp_path, HOLDS, BROKEN)
    asked = tmp_path / "asked.yaml"
    asked.write_text(ASKED + UNKNOWN)
    verdicts = caisson("check", estate, "--promises", asked, "--json").json["verdicts"]
    assert [(v["promise"], v["verdict"], v["source"]) for v in verdicts[:2]] == [
        ("stays", "holds", f"{estate}:15"),
        ("only-web", "holds", f"{asked}:2"),
    ]
    assert {v["promise"] for v in verdicts[2:]} == {"survives"}


def test_a_promise_file_is_checked_against_the_estate(tmp_path: Path) -> None:
    estate = shop(tmp_path, HOLDS)
    asked = tmp_path / "asked.yaml"
    asked.write_text(
        "promises:\n  - {name: only-web, reach: order, from: [web]}\nstores: {}\nestate: other\n"
    )
    ended = caisson("check", estate, "--promises", asked)
    assert ended.code == 2
    assert f"{asked}:2:22: " in ended.err
    assert "did you mean `orders`?" in ended.err
    assert f"{asked}:3:1: stores: does not belong in a file of promises" in ended.err
    assert f"{asked}:4:1: estate: these promises are about another estate" in ended.err


@pytest.mark.parametrize("content", ["", "- a\n", "estate: shop\n", "promises: [", "promises: 5\n"])
def test_a_promise_file_without_promises_is_wrong_input(tmp_path: Path, content: str) -> None:
    asked = tmp_path / "asked.yaml"
    asked.write_text(content)
    ended = caisson("check", shop(tmp_path, HOLDS), "--promises", asked)
    assert ended.code == 2
    assert f"{asked}:" in ended.err


def test_sarif_has_results_for_what_does_not_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop(tmp_path, HOLDS, BROKEN, UNKNOWN)
    monkeypatch.chdir(tmp_path)
    log = caisson("check", "--format", "sarif").json
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    found = {(result["ruleId"], result["level"]) for result in run["results"]}
    assert found == {("reach", "error"), ("lose-region", "note")}
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
    broken = run["results"][0]
    physical = broken["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == "estate.yaml"
    assert physical["region"]["startLine"] == 16
    assert "jobs" in broken["message"]["text"]


def test_sarif_fingerprints_do_not_change_when_lines_move(tmp_path: Path) -> None:
    def fingerprints(file: Path) -> list[str]:
        results = caisson("check", file, "--format", "sarif").json["runs"][0]["results"]
        return [result["partialFingerprints"]["caissonVerdict/v1"] for result in results]

    before = shop(tmp_path / "a", BROKEN, UNKNOWN)
    moved = shop(tmp_path / "b", BROKEN, UNKNOWN)
    moved.write_text("# a comment\n\n" + moved.read_text())
    assert fingerprints(moved) == fingerprints(before)
    assert len(set(fingerprints(before))) == len(fingerprints(before)) == 3


def test_markdown_is_a_table_with_the_derivations_folded_away(tmp_path: Path) -> None:
    lines = caisson("check", shop(tmp_path, HOLDS, BROKEN), "--format", "markdown").out.splitlines()
    assert lines[0] == "### Promises: 1 holds, 1 is broken"
    rows = [line for line in lines if line.startswith(("| ✅", "| ❌"))]
    assert rows == [
        "| ✅ holds | stays | the data of us tenants stays in us |  |",
        "| ❌ broken | only-web | only web can open orders | 1 of 1 answers |",
    ]
    assert lines.count("</details>") == 1


def test_the_schema_is_json_that_knows_the_keys() -> None:
    schema = caisson("schema").json
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert {"jurisdictions", "stores", "promises"} <= schema["properties"].keys()
    json.dumps(schema)
