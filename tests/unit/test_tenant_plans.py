"""What a restore of tenants would do, and how the tables of then fit into those of now."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from caisson.cli.backup import restore as cli_restore
from caisson.cli.tenants_option import of_tenants
from caisson.controller.tenants import _objection
from caisson.estate.sources import Source
from caisson.plan.document import from_document, to_document
from caisson.plan.model import (
    Ask,
    Discard,
    MergeTenants,
    Plan,
    Refusal,
    RestoreBeside,
    RevertTenants,
    StartBeside,
)
from caisson.plan.repositories import RepositoryState, RestorePoint
from caisson.plan.restore import plan_restore
from caisson.plan.tenants import Reached, plan_tenants, plan_undo
from caisson.systems.postgres.filling import NotReplaced, fillings
from caisson.systems.postgres.tables import Column, Table
from caisson.tenants.directory import Home
from caisson.topology.model import ReplicaSet

BLOCKS = "production/us/blocks"
NOON = 1_790_000_000.0
REACHED = Reached(("blocks", "pages"), ("kinds",))
SHARDS = {0: ["acme"], 2: ["globex", "initech"]}


def restore(*, keep: bool) -> Plan:
    point = RestorePoint("one", "full", NOON - 60, NOON, 1000, 100)
    repository = RepositoryState(BLOCKS, "us-east", (point,))
    plan = plan_restore(repository, "copy", now=NOON + 90, moment=NOON + 9, keep=keep)
    assert isinstance(plan, Plan)
    return plan


def kinds(plan: Plan) -> list[type]:
    return [type(action) for step in plan.steps for action in step.actions]


@pytest.mark.parametrize("keep", [False, True])
def test_each_shard_is_merged_after_the_copy_has_answered(*, keep: bool) -> None:
    plan = plan_tenants(restore(keep=keep), SHARDS, "before_x", REACHED)
    merges = [step.actions[0] for step in plan.steps if step.name.startswith("merge")]
    assert merges == [
        MergeTenants(BLOCKS, "copy", 0, "acme", "before_x"),
        MergeTenants(BLOCKS, "copy", 2, "globex,initech", "before_x"),
    ]
    discard = [] if keep else [Discard]
    assert kinds(plan) == [RestoreBeside, StartBeside, Ask, MergeTenants, MergeTenants, *discard]
    # Whatever fails up to the last merge, no copy stays.
    assert (plan.no_return, plan.undo) == (5, restore(keep=keep).undo)
    assert "3 tenants in blocks and pages are replaced, and not kinds" in plan.blast_radius[0]
    assert from_document(to_document(plan)) == plan


def test_what_is_kept_no_longer_cannot_be_put_back() -> None:
    plan = plan_undo(BLOCKS, "restore-0007", "before_x", SHARDS, "before_y", REACHED)
    assert isinstance(plan, Plan)
    assert plan.steps[1].actions == (
        RevertTenants(BLOCKS, 2, "globex,initech", "before_x", "before_y"),
    )
    refused = plan_undo(BLOCKS, "restore-0007", "before_x", {}, "before_y", REACHED)
    assert isinstance(refused, Refusal)
    assert "undone, or forgotten" in refused.reasons[0]


def test_tenants_are_restored_where_their_data_lies() -> None:
    declared = ReplicaSet(
        "production", "us", "blocks", "postgres", "async", 2, None, "a", (), Source("x", 1, 1)
    )
    homes = {
        "acme": Home("production", "acme", "us", 1),
        "solaris": Home("production", "solaris", "eu", 0),
        "wide": Home("production", "wide", "us", 3),
    }
    assert _objection("acme", homes, declared) is None
    assert "restore it in production/eu/blocks" in str(_objection("solaris", homes, declared))
    assert "no tenant `nobody` in production" in str(_objection("nobody", homes, declared))
    assert "shard_3, which blocks does not have" in str(_objection("wide", homes, declared))


def table(name: str, *columns: Column) -> Table:
    return Table("shard_0", name, False, True, (Column("tenant", "text", False, True), *columns))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--tenants", "acme"], "say the moment that the tenants are restored to"),
        (["--tenants", " , ", "--to", "2026-01-31"], "no tenant is named"),
        (["--tenants", "acme", "--undo", "restore-0007"], "one of --tenants, --undo and --forget"),
        (["--forget", "restore-0007", "--keep"], "leave --to and --keep out"),
        (["--tenants", ",".join(map(str, range(1001))), "--to", "2026-01-31"], "1000 at most"),
        (["--tenants-file", "nowhere"], "does not exist"),
    ],
)
def test_what_makes_no_sense_is_told_before_anybody_is_asked(options: list[str], said: str) -> None:
    done = CliRunner().invoke(cli_restore, [BLOCKS, *options])
    assert done.exit_code == 2
    assert said in done.output


def test_names_come_from_options_and_files(tmp_path: Path) -> None:
    file = tmp_path / "names"
    file.write_text("globex, acme\n\ninitech\n")
    found = of_tenants(("acme,umbrella",), file, None, None, moment=1.0, keep=False)
    assert found == {"tenants": ["acme", "globex", "initech", "umbrella"]}
    assert of_tenants((), None, None, None, moment=None, keep=False) == {}


ID = Column("id", "bigint", generated=False, required=True)
COLOUR = Column("colour", "text", generated=False, required=False)
LENGTH = Column("length", "integer", generated=True, required=False)


def test_what_is_new_gets_its_default_and_what_is_computed_is_computed() -> None:
    now = [table("pages", ID, COLOUR, LENGTH), table("reactions", ID)]
    found = fillings(now, [table("pages", ID, LENGTH)])
    assert [each.columns for each in found] == [("tenant", "id"), ()]


def test_a_row_stays_the_same_only_where_all_of_it_is_of_then() -> None:
    now = replace(table("pages", ID, COLOUR, LENGTH), key=("tenant", "id"))
    assert [each.in_place for each in fillings([now], [now])] == [True]
    assert [each.in_place for each in fillings([now], [table("pages", ID, LENGTH)])] == [False]
    assert [each.in_place for each in fillings([now], [])] == [False]
    keyless = replace(now, key=())
    assert [each.in_place for each in fillings([keyless], [now])] == [False]


@pytest.mark.parametrize(
    ("now", "then", "why"),
    [
        ([], [table("pages", ID)], "pages is no longer a table of tenants"),
        ([table("pages", ID)], [table("pages", ID, COLOUR)], "column pages.colour is there no lo"),
        ([table("pages", ID)], [table("pages")], "pages.id is new and has no default"),
        (
            [table("pages", ID)],
            [table("pages", Column("id", "uuid", generated=False, required=True))],
            "pages.id was uuid and is bigint",
        ),
    ],
)
def test_rows_that_do_not_fit_are_not_put_anywhere(
    now: list[Table], then: list[Table], why: str
) -> None:
    with pytest.raises(NotReplaced, match=why):
        fillings(now, then)
