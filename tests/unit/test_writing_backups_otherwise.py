"""What an estate says of backups that AWS does otherwise: refused where it matters, else told."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from writing_support import ESTATE, rendered

from caisson.cli.main import main
from caisson.estate.loading import load
from caisson.estate.mistakes import EstateErrors
from caisson.terraform.writing.otherwise import otherwise

KEPT = "orders:   {system: postgres, backup: {every: 1d, wal: 5m, keep: 35d}}"
UPLOADS = "uploads:  {system: files, data: personal, backup: {every: 1d, wal: 15m, keep: 35d}}"
BACKED_UP = ESTATE.replace("orders:   {system: postgres}", KEPT).replace(
    "uploads:  {system: files, data: personal}", UPLOADS
)
QUESTION = 'questions: [{sql: SELECT count(*) FROM lines, is: ">= 1"}]'


def restores(store: str, rpo: str) -> str:
    return (
        "promises:\n"
        f"  - name: comes-back\n    restore: {store}\n    within: 1h\n    rpo: {rpo}\n"
        "    verified every: 7d\n"
    )


@pytest.mark.parametrize(
    ("added", "line", "what", "remedy"),
    [
        ("backups: {us: {in: us-west}}\n", "backups:", "in us-west and us-east, and", "us-east"),
        (
            "backups: {us: {in: us-east, repository: /srv/backups}}\n",
            "backups:",
            "in vaults of its own",
            "leave it out",
        ),
        (restores("orders", "4m"), "rpo:", "orders may lack 5 minutes", "5m"),
        (restores("uploads", "10m"), "rpo:", "uploads may lack 15 minutes", "15m"),
    ],
)
def test_what_aws_cannot_keep_of_backups_is_refused(
    tmp_path: Path, added: str, line: str, what: str, remedy: str
) -> None:
    text = BACKED_UP + added
    with pytest.raises(EstateErrors) as found:
        rendered(tmp_path, text)
    (mistake,) = found.value.mistakes
    assert what in mistake.what
    assert remedy in mistake.remedy
    assert line in text.splitlines()[mistake.source.line - 1]


@pytest.mark.parametrize(
    "added",
    [
        "backups: {us: {in: us-east}, eu: {in: eu-central}}\n",
        restores("orders", "5m"),
        restores("uploads", "15m"),
    ],
)
def test_what_aws_keeps_is_not_refused_and_nothing_is_told(tmp_path: Path, added: str) -> None:
    rendered(tmp_path, BACKED_UP + added)
    loaded = load(tmp_path / "estate.yaml")
    assert list(otherwise(loaded.estate, loaded.sources)) == []


def test_where_nothing_is_backed_up_it_does_not_matter_where(tmp_path: Path) -> None:
    rendered(tmp_path, f"{ESTATE}backups: {{us: {{in: us-west, repository: /srv/backups}}}}\n")


def test_what_is_otherwise_without_hurting_a_promise_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = BACKED_UP.replace("wal: 5m, keep: 35d}}", f"wal: 1m, keep: 60d}}, {QUESTION}}}")
    (tmp_path / "estate.yaml").write_text(text + restores("orders", "5m"))
    monkeypatch.chdir(tmp_path)
    ended = CliRunner().invoke(main, ["render", "--target", "aws", "--json"])
    (at,) = (n for n, each in enumerate(text.splitlines(), 1) if QUESTION in each)
    assert [(each["place"], each["what"]) for each in json.loads(ended.stdout)["otherwise"]] == [
        (
            f"estate.yaml:{at}",
            "orders: on AWS the last 5 minutes may not be archived yet, whatever `wal` says",
        ),
        (
            f"estate.yaml:{at}",
            "orders: on AWS any moment of the last 35 days can be restored, "
            "and of older ones backups",
        ),
        (
            f"estate.yaml:{at}",
            "orders: what is restored on AWS is asked nothing; on this machine it is",
        ),
    ]
    promises = (tmp_path / "terraform" / "promises.yaml").read_text()
    assert "# comes-back: what is asked of a restored copy is asked on the estate's" in promises
    told = CliRunner().invoke(main, ["render", "--target", "aws"]).stdout
    assert told.count("otherwise  estate.yaml:") == len(("wal", "keep", "questions"))
