"""What `caisson render --target aws` says of what AWS cannot keep: all of it, and exit code 2."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from writing_support import ESTATE

from caisson.cli.main import main

SURVIVES = """promises:
  - name: survives
    when: region lost
    rpo: 5s
    rto: 60s
"""
NETWORKS = "  networks:\n    staging/us-west: 10.1.0.0/16\n"
SIZES = "  sizes:\n    normal:\n      postgres: db.r6g.huge\n"

# What is added to the estate; on which line and column of it; why it is refused; what to write.
REFUSED = {
    "a region without a standby in its jurisdiction": (
        SURVIVES,
        "when: region lost",
        "eu has no standby, so the loss of its region is the loss of all in it",
        "give eu a standby, or do not promise this",
    ),
    "a size that does not exist": (
        SIZES,
        "postgres: db.r6g.huge",
        "there is no class db.r6g.huge for postgres on AWS",
        "write one such as db.r6g.large",
    ),
    "a CIDR that overlaps": (
        NETWORKS,
        "staging/us-west: 10.1.0.0/16",
        "10.1.0.0/16 of staging/us-west overlaps 10.1.0.0/16 of production/us-east",
        "write another /16 for staging/us-west",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_the_whole_output_of_a_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    added, written, why, remedy = REFUSED[case]
    text = ESTATE + added
    (tmp_path / "estate.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    ended = CliRunner().invoke(main, ["render", ".", "--target", "aws", "--out", "terraform"])
    (line,) = (n for n, each in enumerate(text.splitlines(), 1) if written in each)
    told, _, rest = ended.stderr.partition("error: ")
    place, _, said = rest.partition(": ")
    assert (ended.exit_code, ended.stdout, told) == (2, "", "")
    assert place.split(":")[:2] == ["estate.yaml", str(line)]
    assert said == f"{why}\n    {remedy}\n\n1 mistake; nothing was changed\n"
    assert not (tmp_path / "terraform").exists()
