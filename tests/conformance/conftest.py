"""What the conformance tests share: a state in each place, opened as often as a test likes."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from state_places import create_database, postgres_server

from caisson.state.state import State, open_state

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def _postgres() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture
def postgres_place(_postgres: str) -> str:
    """URL of a database where nothing is yet."""
    return create_database(_postgres, f"state_{next(_numbers)}")


@pytest.fixture(params=["sqlite", "postgres"])
def state_place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Path or URL where nothing is yet."""
    if request.param == "sqlite":
        return str(tmp_path / ".caisson" / "state.sqlite")
    return str(request.getfixturevalue("postgres_place"))


@pytest.fixture
def open_again(state_place: str) -> Iterator[Callable[..., State]]:
    """Open the state of the test once more, as another process would."""
    opened: list[State] = []

    def open_one(*, read_only: bool = False) -> State:
        opened.append(open_state(state_place, read_only=read_only))
        return opened[-1]

    yield open_one
    for state in opened:
        state.close()


@pytest.fixture
def state(open_again: Callable[..., State]) -> State:
    return open_again()
