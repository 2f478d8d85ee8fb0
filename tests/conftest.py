"""What holds for every ring of tests."""

from pathlib import Path

import pytest
from hypothesis import settings

HERE = Path(__file__).parent
# Of the rings that take long, the longest first, so that no worker is left with it at the end.
FIRST = ("emulated", "real")

# How long an example takes says more about the machine than about the code. The same examples for
# the same code and tests, so that a red run speaks of the change; Hypothesis also draws constants
# of the modules that are loaded, and a change may bring others. `make soak` looks for new ones.
settings.register_profile("caisson", deadline=None, derandomize=True)
settings.register_profile("soak", deadline=None)
settings.load_profile("caisson")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    ring = item.path.relative_to(HERE).parts[0]
    return FIRST.index(ring) if ring in FIRST else len(FIRST)
