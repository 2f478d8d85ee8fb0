"""The story is begun when the tests are, and waited for at the first that asks for it.

It is that of the small estate, or of the one that CAISSON_EMULATED names.
"""

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
_BEGUN = pytest.StashKey["subprocess.Popen[bytes]"]()
_FOLDER = pytest.StashKey[Path]()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_is_here)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    if any(map(_is_here, session.items)) and not session.config.option.collectonly:
        _begin(session.config)


def _is_here(item: pytest.Item) -> bool:
    return item.path.parent == HERE


def _begin(config: pytest.Config) -> None:
    factory: pytest.TempPathFactory = config._tmp_path_factory  # type: ignore[attr-defined]
    folder = factory.mktemp("emulated")
    with (folder / "log").open("wb") as log:
        config.stash[_BEGUN] = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", sys.executable, HERE / "story.py", folder, NAME],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    config.stash[_FOLDER] = folder


def pytest_unconfigure(config: pytest.Config) -> None:
    if (begun := config.stash.get(_BEGUN, None)) is not None:
        begun.terminate()
        begun.wait()


@pytest.fixture(scope="session")
def lived() -> Lived:
    return LIVED[NAME]


@pytest.fixture(scope="session")
def story(pytestconfig: pytest.Config) -> dict[str, Any]:
    """Give what was told, once the story is over."""
    with suppress(subprocess.TimeoutExpired):
        pytestconfig.stash[_BEGUN].wait(LONGEST_S)
    folder = pytestconfig.stash[_FOLDER]
    told: dict[str, Any] = {}
    if (folder / TOLD).exists():
        told = json.loads((folder / TOLD).read_text())
    if "failed" in told or "destroyed" not in told:
        log = (folder / "log").read_text()[-3000:]
        reason = told.get("failed", "the story has no end")
        pytest.fail(f"{reason}\n{log}\n{told.get('seconds')}", pytrace=False)
    return told
