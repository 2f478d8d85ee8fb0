"""The chain: entries that each carry the hash of the one before, and how to check them.

An entry's hash is SHA-256 over the canonical JSON of its other fields, so whoever alters an
entry must rewrite all that follow. A *head* kept elsewhere (sequence number and hash of the
newest entry) shows that as well, and shows when entries at the end are missing.

Pure: what was read comes in, a finding goes out.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

from caisson.state.json_text import Json, JsonObject, object_from_text, to_text

ORIGIN = "0" * 64  # what the first entry carries as the hash of its predecessor


class Kind(StrEnum):
    VERDICT = "verdict"
    EVIDENCE = "evidence"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry; `seq` counts from 1, `at` is seconds since the epoch."""

    seq: int
    at: float
    kind: Kind
    body: JsonObject
    previous_hash: str
    hash: str

    def to_json(self) -> dict[str, Json]:
        return {
            "seq": self.seq,
            "at": self.at,
            "kind": self.kind,
            "body": self.body,
            "previous_hash": self.previous_hash,
            "hash": self.hash,
        }


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry that somebody remembers."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Intact:
    """All `count` entries follow from one another up to the hash `head`.

    `remembered` is the sequence number of the head kept elsewhere that was found in place;
    None when there was no such head, and a shortened or wholly rewritten ledger cannot be told.
    """

    count: int
    head: str
    remembered: int | None


@dataclass(frozen=True, slots=True)
class Altered:
    """The first entry that is altered, missing or out of order, and how that shows."""

    seq: int
    why: str


# seq, at, kind, body text, previous hash, hash: as the database gives them, of any type.
StoredRow = tuple[Any, ...]


def make_entry(last: Head | None, kind: Kind, body: JsonObject, at: float) -> Entry:
    """Make the entry that follows `last`; ValueError when the body or the time is not JSON."""
    seq = last.seq + 1 if last else 1
    previous = last.hash if last else ORIGIN
    kept = object_from_text(to_text(body))
    return Entry(seq, float(at), kind, kept, previous, _hash(seq, float(at), kind, kept, previous))


def read_entry(row: StoredRow) -> Entry:
    """Read a stored entry; ValueError when it is not as `make_entry` made it."""
    seq, at, kind, body_text, previous, stored_hash = row
    if isinstance(at, float) and isinstance(body_text, str) and isinstance(previous, str):
        body = _read_body(body_text)
        if stored_hash == _hash(seq, at, Kind(kind), body, previous):
            return Entry(seq, at, Kind(kind), body, previous, stored_hash)
    raise ValueError("its content does not give its hash")


def _read_body(text: str) -> JsonObject:
    """Read a body written by `to_text`; another spelling of the same value is refused too."""
    try:
        body = object_from_text(text)
        if text == to_text(body):
            return body
    except RecursionError:
        pass  # nested deeper than anything that was written
    raise ValueError("its body is not the text that was written")


def check(rows: Sequence[StoredRow], head: Head | None) -> Intact | Altered:
    """Check a whole chain, in order of `seq`, against a head read before the rows."""
    numbered = [row for row in rows if isinstance(row[0], int) and row[0] >= 1]
    altered = _first_unreadable(numbered) or _first_unlinked(numbered, head)
    if altered:
        return altered
    if len(numbered) != len(rows):
        return Altered(0, "an entry with an impossible number was added")
    if head and head.seq > len(rows):
        return Altered(len(rows) + 1, f"missing: entries up to {head.seq} were once written")
    if head and rows[head.seq - 1][5] != head.hash:
        why = "differs from the head remembered elsewhere: it or one before it was rewritten"
        return Altered(head.seq, why)
    return Intact(len(rows), rows[-1][5] if rows else ORIGIN, head.seq if head else None)


def _first_unreadable(rows: Sequence[StoredRow]) -> Altered | None:
    for expected, row in enumerate(rows, start=1):
        if row[0] != expected:
            return Altered(expected, f"missing: the next entry found is {row[0]}")
        try:
            read_entry(row)
        except ValueError as error:
            return Altered(expected, f"altered: {error}")
    return None


def _first_unlinked(rows: Sequence[StoredRow], head: Head | None) -> Altered | None:
    """Look for entries that are sound in themselves, but not the ones that others follow."""
    if rows and rows[0][4] != ORIGIN:
        return Altered(1, "altered: it follows an entry that is not there")
    for (seq, *_, this_hash), (*_, following, _) in pairwise(rows):
        if following == this_hash:
            continue
        # Either this one was replaced or the next one: a third witness tells which.
        if _is_disowned(rows, seq, head):
            return Altered(seq + 1, "replaced: neither neighbour is tied to it")
        return Altered(seq, f"replaced, it or one before it: entry {seq + 1} follows another")
    return None


def _is_disowned(rows: Sequence[StoredRow], index: int, head: Head | None) -> bool:
    """Whether a witness other than its predecessor speaks against the entry at `index`."""
    here = Head(rows[index][0], rows[index][5])
    before = Head(rows[index - 1][0], rows[index - 1][5])
    if index + 1 < len(rows) and rows[index + 1][4] != here.hash:
        return True
    if head and head.seq == here.seq:
        return head != here
    return head == before


def _hash(seq: int, at: float, kind: Kind, body: JsonObject, previous: str) -> str:
    content: dict[str, Json] = {
        "seq": seq,
        "at": at,
        "kind": kind,
        "body": body,
        "previous_hash": previous,
    }
    return hashlib.sha256(to_text(content).encode()).hexdigest()
