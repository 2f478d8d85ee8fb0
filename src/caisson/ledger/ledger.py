"""The ledger: verdicts, evidence and events, only ever added, in the database of the state."""

from collections.abc import Iterator
from pathlib import Path

from caisson.ledger.chain import Altered, Entry, Head, Intact, Kind, check, make_entry, read_entry
from caisson.ledger.head import HeadFile
from caisson.state.database import Database, Session
from caisson.state.errors import StateError
from caisson.state.json_text import JsonObject, to_text

_LAST = "SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1"
_APPEND = """INSERT INTO ledger (seq, at, kind, body, previous_hash, hash)
    VALUES (?, ?, ?, ?, ?, ?)"""
_ALL = "SELECT seq, at, kind, body, previous_hash, hash FROM ledger ORDER BY seq"
_AFTER = """SELECT seq, at, kind, body, previous_hash, hash FROM ledger
    WHERE seq > ? ORDER BY seq"""
_OF_KIND_AFTER = """SELECT seq, at, kind, body, previous_hash, hash FROM ledger
    WHERE kind = ? AND seq > ? ORDER BY seq"""


class LedgerAltered(StateError):  # noqa: N818 - reads as a state, not as a mistake
    """An entry that was to be read is not as it was written."""


class Ledger:
    """`head_file` remembers the newest entry outside of the database (`.caisson/ledger.head`)."""

    def __init__(self, database: Database, head_file: Path | None = None) -> None:
        self._database = database
        self._head = HeadFile(head_file) if head_file else None

    def append(self, kind: Kind, body: JsonObject, at: float) -> Entry:
        """Add an entry, durable when this returns; writers in other processes wait their turn.

        ValueError when the body cannot be written as JSON.
        """
        with self._database.writing() as session:
            entry = make_entry(_last(session), kind, body, at)
            session.run(
                _APPEND,
                entry.seq,
                entry.at,
                entry.kind.value,
                to_text(entry.body),
                entry.previous_hash,
                entry.hash,
            )
        if self._head:
            self._head.advance(Head(entry.seq, entry.hash))
        return entry

    def entries(self, kind: Kind | None = None, after: int = 0) -> list[Entry]:
        """Return entries in order, of one kind when given, with `seq` greater than `after`.

        Raises `LedgerAltered` when one of them does not give its own hash; whether they
        follow from one another is for `verify`.
        """
        with self._database.reading() as session:
            if kind is None:
                rows = session.rows(_AFTER, after)
            else:
                rows = session.rows(_OF_KIND_AFTER, kind.value, after)
        return [_read(row) for row in rows]

    def verify(self) -> Intact | Altered:
        """Check every entry and name the first one that is altered, missing or out of order."""
        try:
            head = self._head.read() if self._head else None
        except ValueError as error:
            return Altered(0, f"the head remembered elsewhere was altered: {error}")
        with self._database.reading() as session:
            rows = session.rows(_ALL)
        return check(rows, head)

    def lines(self) -> Iterator[str]:
        """Export all entries, one JSON document per line."""
        for entry in self.entries():
            yield to_text(entry.to_json())


def _last(session: Session) -> Head | None:
    rows = session.rows(_LAST)
    return Head(*rows[0]) if rows else None


def _read(row: tuple[object, ...]) -> Entry:
    try:
        return read_entry(row)
    except ValueError as error:
        raise LedgerAltered(f"ledger entry {row[0]} was altered: {error}") from error
