"""Opening the controller's own state: a file by default, a Postgres database when a URL is given.

`Directory` (caisson.tenants) and `Ledger` (caisson.ledger) live in the same database and are
made from `state.database`.
"""

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from caisson.state.database import Database
from caisson.state.errors import StateError
from caisson.state.journal import Journal
from caisson.state.postgres import PostgresDatabase
from caisson.state.schema import bring_up_to_date, expect_up_to_date
from caisson.state.settings import Settings
from caisson.state.sqlite import SqliteDatabase


@dataclass(frozen=True, slots=True)
class State:
    """An open state; close it, or use it in a `with`."""

    database: Database
    journal: Journal
    settings: Settings

    def acquire_exclusive(self) -> None:
        """Become the one controller of this state, or raise `StateLocked` at once."""
        self.database.acquire_exclusive()

    def close(self) -> None:
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_state(url_or_path: str | Path, *, read_only: bool = False) -> State:
    """Open the state, making it when it is not there.

    Read-only opening works beside a running controller and never makes anything: it raises
    `StateMissing` when there is nothing to read. Raises the kinds of `StateError`.
    """
    database = _connect(url_or_path, read_only=read_only)
    try:
        if read_only:
            expect_up_to_date(database)
        else:
            bring_up_to_date(database)
    except StateError:
        database.close()
        raise
    return State(database, Journal(database), Settings(database))


def _connect(url_or_path: str | Path, *, read_only: bool) -> Database:
    text = str(url_or_path)
    if text.startswith(("postgresql://", "postgres://")):
        return PostgresDatabase(text, read_only=read_only)
    return SqliteDatabase(Path(url_or_path), read_only=read_only)
