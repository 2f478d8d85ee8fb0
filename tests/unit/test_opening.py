"""Repositories are made ready once the estate is up: each once, and a failure is told once."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from caisson.controller.events import Events
from caisson.controller.opening import Opening
from caisson.execute.errors import StepError
from caisson.plan.model import MemberState, ReplicaSetState

KEPT, WITHOUT_WAL, AWAY = "production/us/blocks", "production/us/notes", "production/eu/blocks"
BEFORE = "staging/us/blocks"


def state(replica_set: str, *, answers: bool = True) -> ReplicaSetState:
    primary = f"{replica_set}/primary"
    return ReplicaSetState(
        replica_set, primary, 1, (MemberState(primary, answers, "primary", None, None, False),)
    )


class Here:
    """Repositories of which the first `fails` attempts to open one fail."""

    def __init__(self, fails: int = 0) -> None:
        self.fails = fails
        self.opened: list[tuple[str, str]] = []
        self.events = Events(lambda _: None)
        wal_s = {KEPT: 60.0, WITHOUT_WAL: None, AWAY: 60.0, BEFORE: 60.0}
        repositories = SimpleNamespace(
            sets=lambda: tuple(wal_s), backed_up=lambda each: SimpleNamespace(wal_s=wal_s[each])
        )
        performer = SimpleNamespace(repositories=repositories, backups=self)
        states = (state(KEPT), state(WITHOUT_WAL), state(AWAY, answers=False), state(BEFORE))
        self.opening = Opening(
            cast("Any", performer),
            cast("Any", SimpleNamespace(states=lambda: states)),
            cast("Any", self),
            self.events,
            existed=lambda each: each == BEFORE,
        )

    def open(self, replica_set: str, member: str) -> None:
        self.opened.append((replica_set, member))
        if len(self.opened) <= self.fails:
            raise StepError("the repository refuses access")

    @contextmanager
    def alone(self, _subject: str, _verb: str) -> Iterator[None]:
        yield


def look(here: Here, monkeypatch: pytest.MonkeyPatch, at: float) -> None:
    monkeypatch.setattr("caisson.controller.opening.time.monotonic", lambda: at)
    here.opening.look_after(lambda job: job())


def test_a_repository_is_opened_once_when_its_primary_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = Here()
    for at in (100.0, 100.1, 200.0):
        look(here, monkeypatch, at)
    assert here.opened == [(KEPT, f"{KEPT}/primary")]


def test_one_that_fails_is_told_once_and_tried_again_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = Here(fails=2)
    tried = []
    for at in (100.0, 101.0, 131.0, 162.0, 300.0):
        look(here, monkeypatch, at)
        tried.append(len(here.opened))
    assert tried == [1, 1, 2, 3, 3]
    assert [each.text for each in here.events.latest()] == [
        f"WAL of {KEPT} is not archived yet: the repository refuses access"
    ]
