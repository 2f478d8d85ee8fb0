"""The story is that of the small estate, or of the one that CAISSON_EMULATED names."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from story import TOLD

from emulated_gaps import LIVED, Lived

HERE = Path(__file__).parent
NAME = os.environ.get("CAISSON_EMULATED", "small")
LONGEST_S = 7200.0  # the reference estate takes more than an hour where others work too


@pytest.fixture(scope="session")
def lived() -> Lived:
    return LIVED[NAME]


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Give what was told, once the story is over."""
    folder = tmp_path_factory.mktemp("emulated")
    _live(folder)
    told: dict[str, Any] = {}
    if (folder / TOLD).exists():
        told = json.loads((folder / TOLD).read_text())
    if "failed" in told or "destroyed" not in told:
        log = (folder / "log").read_text()[-3000:]
        reason = told.get("failed", "the story has no end")
        pytest.fail(f"{reason}\n{log}\n{told.get('seconds')}", pytrace=False)
    return told


def _live(folder: Path) -> None:
    """Run the story to its end, or for as long as it may take; it ends with these tests."""
    with (folder / "log").open("wb") as log:
        begun = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", sys.executable, HERE / "story.py", folder, NAME],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        with suppress(subprocess.TimeoutExpired):
            begun.wait(LONGEST_S)
    finally:
        begun.terminate()
        begun.wait()
