"""The reference estate, declared, resolved and proved; then changed for the worse."""

import shutil
from pathlib import Path

import pytest

from caisson.estate.loading import load
from caisson.prove.check import prove
from caisson.prove.model import Decision, Verdict
from caisson.topology.resolve import resolve

WORKSPACE = Path(__file__).parents[2] / "examples" / "workspace"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    shutil.copy(WORKSPACE / "estate.yaml", tmp_path)
    shutil.copy(WORKSPACE / "app" / "schema.sql", tmp_path / "app")
    return tmp_path


def verdicts(folder: Path, *changes: tuple[str, str]) -> list[Verdict]:
    file = folder / "estate.yaml"
    text = file.read_text()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file.write_text(text)
    loaded = load(file)
    return list(prove(loaded.estate, loaded.sources, resolve(loaded.estate, loaded.sources)))


def decisions(found: list[Verdict], promise: str) -> dict[str, Decision]:
    return {each.subject: each.decision for each in found if each.promise == promise}


def line_of(folder: Path, text: str) -> int:
    lines = (folder / "estate.yaml").read_text().splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def test_as_declared_nothing_is_broken(folder: Path) -> None:
    found = verdicts(folder)
    assert decisions(found, "eu-stays-in-eu") == {"production/eu": Decision.HOLDS}
    assert decisions(found, "us-stays-in-us") == {
        "production/us": Decision.HOLDS,
        "staging/us": Decision.HOLDS,
    }
    assert set(decisions(found, "staging-cannot-touch-production").values()) == {Decision.HOLDS}
    assert set(decisions(found, "only-web-reaches-blocks").values()) == {Decision.HOLDS}
    assert set(decisions(found, "lose-a-region").values()) == {Decision.UNKNOWN}
    assert len(decisions(found, "lose-a-region")) == 6


def test_every_fact_says_where_it_comes_from(folder: Path) -> None:
    for verdict in verdicts(folder):
        assert verdict.source is not None
        assert verdict.why
        assert all(fact.source for fact in verdict.why), verdict.promise


def test_a_standby_across_the_ocean_breaks_residency_at_its_line(folder: Path) -> None:
    found = verdicts(folder, ("standby: eu-west", "standby: us-east"))
    assert decisions(found, "eu-stays-in-eu") == {"production/eu": Decision.BROKEN}
    verdict = next(each for each in found if each.promise == "eu-stays-in-eu")
    first = verdict.counterexample[0]
    assert first.text == (
        "blocks rests in production/us-east/blocks, in us: "
        "replication from production/eu-central/blocks"
    )
    assert first.source is not None
    assert first.source.line == line_of(folder, "eu: {home")


def test_no_standby_breaks_the_loss_of_a_region(folder: Path) -> None:
    found = verdicts(folder, (", standby: eu-west", ""))
    assert decisions(found, "lose-a-region")["production/eu-central"] is Decision.BROKEN
    assert decisions(found, "lose-a-region")["production/us-west"] is Decision.UNKNOWN


def test_an_rpo_of_zero_needs_synchronous_replication_of_every_store(folder: Path) -> None:
    found = verdicts(folder, ("rpo: 5s", "rpo: 0s"), ("replication: async", "replication: sync"))
    lost = next(each for each in found if each.subject == "production/us-west")
    assert lost.decision is Decision.BROKEN
    assert ["production/us/sessions" in fact.text for fact in lost.counterexample] == [True]


def test_another_service_on_the_store_breaks_reachability(folder: Path) -> None:
    batch = "  batch: {run: [x], uses: {blocks: read}}\n"
    found = verdicts(folder, ("\nenvironments:", f"{batch}\nenvironments:"))
    assert set(decisions(found, "only-web-reaches-blocks").values()) == {Decision.BROKEN}
    verdict = next(each for each in found if each.promise == "only-web-reaches-blocks")
    assert {fact.source.line for fact in verdict.counterexample if fact.source} == {
        line_of(folder, "batch:")
    }


def test_with_backups_all_is_told_as_without_and_a_restore_has_to_be_run(folder: Path) -> None:
    found = verdicts(folder)
    restored = decisions(found, "we-can-restore")
    assert restored == dict.fromkeys(
        ("production/us/blocks", "production/eu/blocks", "staging/us/blocks"), Decision.UNKNOWN
    )
    others = [each for each in found if each.promise != "we-can-restore"]
    without = verdicts(folder, *((each, "") for each in backed_up(folder)))
    assert [(each.promise, each.subject, each.decision) for each in others] == [
        (each.promise, each.subject, each.decision) for each in without
    ]
    stays = next(each for each in found if each.promise == "eu-stays-in-eu")
    assert any("/backup, in eu: backup every" in fact.text for fact in stays.why)


def backed_up(folder: Path) -> tuple[str, str]:
    """What the estate says of backups: how and what is asked, and the promise."""
    text = (folder / "estate.yaml").read_text()
    declared = text[text.index("    backup:") : text.index("  sessions: {")]
    (promise,) = (each for each in text.splitlines(keepends=True) if "we-can-restore" in each)
    return declared, promise


def test_backups_that_lack_more_than_is_promised_break_it_at_their_line(folder: Path) -> None:
    found = verdicts(folder, ("wal: 1m", "wal: 6m"))
    assert set(decisions(found, "we-can-restore").values()) == {Decision.BROKEN}
    (fact,) = next(each for each in found if each.promise == "we-can-restore").counterexample
    assert fact.source is not None
    assert fact.source.line == line_of(folder, "wal: 6m")
