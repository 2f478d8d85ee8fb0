"""Makes repositories ready as soon as the estate is up, so that WAL need not wait for a backup.

Until then `archive_command` fails, and a primary that is stopped, as in a failback, tries it some
more before it ends. One that had a backup before is left alone: where it has vanished, a new one
in its place would cover that up.
"""

import time
from collections.abc import Callable
from functools import partial

from caisson.controller.events import Events
from caisson.controller.observer import Observer
from caisson.controller.operations import Operations, Refused
from caisson.execute.errors import GivenUp, StepError
from caisson.execute.performer import Performer
from caisson.systems.postgres.session import PostgresError
from caisson.targets.local.supervision import SupervisorError

_AGAIN_S = 30.0  # one that could not be made ready is not tried again sooner


class Opening:
    """Called by the guardian, again and again; each repository is made ready once."""

    def __init__(
        self,
        performer: Performer,
        observer: Observer,
        operations: Operations,
        events: Events,
        existed: Callable[[str], bool],
    ) -> None:
        """`existed` tells whether a replica set's repository was ever seen with a backup."""
        self._performer = performer
        self._observer = observer
        self._operations = operations
        self._events = events
        self._told: dict[str, str] = {}
        # When to try, monotonic, by replica set; without a WAL archive there is no hurry.
        self._due_at = {
            each: 0.0
            for each in performer.repositories.sets()
            if (declared := performer.repositories.backed_up(each))
            and declared.wal_s is not None
            and not existed(each)
        }

    def look_after(self, submit: Callable[[Callable[[], object]], object]) -> None:
        now = time.monotonic()
        for state in self._observer.states() if self._due_at else ():
            due_at = self._due_at.get(state.replica_set)
            if due_at is not None and now >= due_at and state.member(state.primary).answers:
                self._due_at[state.replica_set] = now + _AGAIN_S
                submit(partial(self._open, state.replica_set, state.primary))

    def _open(self, replica_set: str, primary: str) -> None:
        try:
            with self._operations.alone(f"repository of {replica_set}", "opening"):
                self._performer.backups.open(replica_set, primary)
        except Refused:  # what is under way there makes it ready, or this does the next time
            return
        except (StepError, GivenUp, SupervisorError, PostgresError) as error:
            self._tell(replica_set, str(error))
            return
        self._due_at.pop(replica_set, None)

    def _tell(self, replica_set: str, why: str) -> None:
        """Say it once, and again when the reason is another."""
        if self._told.get(replica_set) != why:
            self._told[replica_set] = why
            self._events.add("warning", f"WAL of {replica_set} is not archived yet: {why}")
