"""The comment on a pull request: what a change does to each promise, in the room there is."""

from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner

from caisson.cli.checked import Checked, Report
from caisson.cli.main import main
from caisson.cli.views.markdown import MOST_LETTERS, report_comment
from caisson.estate.promises import PromiseFile
from caisson.prove.changes import Direction, changes
from caisson.prove.model import Decision, Fact, Verdict
from caisson.topology.model import Topology

SHOP = Path(__file__).parents[1] / "plans" / "shop"


def verdict(decision: Decision, subject: str = "a", promise: str = "closed") -> Verdict:
    against = (Fact(f"the internet can open {subject}"),) if decision is Decision.BROKEN else ()
    return Verdict(promise, subject, decision, (), against, "close it")


HOLDS, BROKEN, UNKNOWN = (
    verdict(each) for each in (Decision.HOLDS, Decision.BROKEN, Decision.UNKNOWN)
)


def directions(before: list[Verdict], after: list[Verdict]) -> list[Direction]:
    return [each.direction for each in changes(before, after)]


def test_each_promise_gets_the_direction_that_it_went() -> None:
    assert directions([HOLDS], [HOLDS]) == [Direction.SAME]
    assert directions([HOLDS], [UNKNOWN]) == [Direction.WORSE]
    assert directions([UNKNOWN], [BROKEN]) == [Direction.WORSE]
    assert directions([BROKEN], [HOLDS]) == [Direction.BETTER]
    assert directions([], [BROKEN]) == [Direction.NEW]
    assert directions([BROKEN], []) == [Direction.GONE]


def test_one_hole_closed_and_another_opened_is_worse() -> None:
    other = verdict(Decision.BROKEN, "b")
    (change,) = changes([BROKEN], [other])
    assert change.direction is Direction.WORSE
    assert change.worse == (other,)
    assert change.mended == 1
    (fewer,) = changes([BROKEN, other], [other])
    assert (fewer.direction, fewer.mended) == (Direction.BETTER, 1)


def test_the_comment_tells_the_change_with_its_counterexample() -> None:
    plan, before = str(SHOP / "plan.json"), str(SHOP / "before.json")
    result = CliRunner().invoke(main, ["check", plan, "--before", before, "--format", "markdown"])
    assert result.exit_code == 1
    rows = [line for line in result.stdout.splitlines() if line.startswith("| ▼")]
    assert rows[0].startswith(
        "| ▼ worse | stores-closed-to-the-internet | holds → broken, 1 newly broken | "
    )
    assert "tcp 5432" in rows[0]
    assert "The exit code counts what is broken now, whatever was before." in result.stdout


def report(verdicts: list[Verdict]) -> Report:
    promises = PromiseFile.model_validate({"promises": [{"name": "closed", "public": []}]}).promises
    one = Checked("plan", Topology("plan"), tuple(promises), tuple(verdicts))
    return Report((one,), changes=changes([HOLDS], verdicts), before="old")


def test_the_comment_is_never_longer_than_may_be_posted() -> None:
    many = [
        replace(
            verdict(Decision.BROKEN, f"aws_instance.web[{number}]"),
            counterexample=(Fact(f"{number} is open " + "x" * 2_000),),
        )
        for number in range(500)
    ]
    comment = report_comment(report(many))
    assert MOST_LETTERS - 3_000 < len(comment) < MOST_LETTERS + 500
    assert "were cut: `caisson check --format json` has them all" in comment
    assert comment.count("<details>") == comment.count("</details>")


def test_what_others_named_is_no_markup() -> None:
    name = 'module.a["x|y</summary>@admin`"].aws_s3_bucket.b'
    comment = report_comment(report([verdict(Decision.BROKEN, name)]))
    assert "y</summary>" not in comment.replace(
        "`" + name.replace("`", "'").replace("|", r"\|") + "`", ""
    )
    table = [line for line in comment.splitlines() if line.startswith("| ▼")]
    assert table[0].replace(r"\|", "").count("|") == 5
    assert "@admin`" not in comment
