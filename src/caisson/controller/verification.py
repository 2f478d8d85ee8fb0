"""Verifies repositories, on demand and once a day, and records what was found as evidence.

A verification reads and changes nothing, so it waits for nobody and nobody for it. Faults that
touch a restore of the newest moment break the promises about the store. That there are none shows
no promise to hold: only a restore does.
"""

import time
from typing import Any

from caisson.controller.events import Events
from caisson.controller.operations import Refused
from caisson.controller.promises import Promises
from caisson.controller.remembered import Remembered
from caisson.estate.model import Restore
from caisson.execute.backups import UNREADABLE
from caisson.execute.verification import Verified, Verifier
from caisson.execute.world import World
from caisson.ledger.evidence import Evidence, Fidelity
from caisson.plan.repositories import RepositoryState
from caisson.systems.pgbackrest.meaning import Told, unusable

_EVERY_S = 86_400.0
_AGAIN_S = 300.0  # one that was not possible is not tried again sooner
_METHOD = "verify"


class Verifications:
    """Called from the console's threads, and after the backups that are due. Thread-safe."""

    def __init__(
        self,
        world: World,
        verifier: Verifier,
        remembered: Remembered,
        promises: Promises,
        events: Events,
    ) -> None:
        self._world = world
        self._verifier = verifier
        self._remembered = remembered
        self._promises = promises
        self._events = events
        self._tried_at: dict[str, float] = {}

    def verify(self, replica_set: str) -> dict[str, Any]:
        """What `caisson verify` shows; Refused when nothing could be found out."""
        if (system := self._world.replica_set(replica_set).system) != "postgres":
            raise Refused(
                f"{replica_set} is of {system}; only repositories of Postgres are verified"
            )
        self._tried_at[replica_set] = time.monotonic()
        at, repositories = time.time(), self._verifier.repositories
        remembered = self._remembered.newest(replica_set, repositories.place(replica_set))
        state = self._verifier.backups.state(replica_set)
        if not state.points and state.why_not is None and remembered is None:
            raise Refused(f"{replica_set} has no backup yet", f"`caisson backup {replica_set}`")
        try:
            verified = self._verifier.verify(replica_set, remembered)
        except UNREADABLE as error:
            raise Refused(f"{replica_set} cannot be verified: {error}") from error
        self._record(replica_set, verified, at)
        return {
            "replica_set": replica_set,
            "region": repositories.region_of(replica_set),
            "at": at,
            "seconds": round(time.time() - at, 3),
            "sound": not verified.faults,
            "backups": verified.backups,
            "segments": verified.segments,
            "faults": [_shown(each) for each in verified.faults],
        }

    def verify_when_due(self, state: RepositoryState) -> None:
        """Once a day; what it finds is an event."""
        tried = self._tried_at.get(state.replica_set)
        if not state.any_moment:
            return
        if not state.points or (tried is not None and time.monotonic() - tried < _AGAIN_S):
            return
        last = self._promises.newest_evidence(_METHOD, state.replica_set)
        if last is not None and time.time() - last.at < _EVERY_S:
            return
        try:
            self.verify(state.replica_set)
        except Refused as refusal:
            self._events.add("warning", f"not verified: {refusal}")

    def last(self, replica_set: str) -> dict[str, Any] | None:
        """When it was verified last, and how many faults that found."""
        last = self._promises.newest_evidence(_METHOD, replica_set)
        if last is None:
            return None
        return {"at": last.at, "faults": int(last.figures.get("faults") or 0)}

    def _record(self, replica_set: str, verified: Verified, at: float) -> None:
        faults = [each.fault for each in verified.faults]
        self._remembered.damaged(replica_set, unusable(faults))
        broken = any(each.newest for each in verified.faults)
        self._promises.record_evidence(self._evidence(replica_set, len(faults), at, broken=broken))
        if faults:
            first = f"{faults[0].subject}: {faults[0].what}"
            text = f"{replica_set}: faults of its repository: {len(faults)}, the first is {first}"
            self._events.add("error", f"{text}; see `caisson verify {replica_set}`")

    def _evidence(self, replica_set: str, faults: int, at: float, *, broken: bool) -> Evidence:
        store = self._world.replica_set(replica_set).store
        promises = tuple(
            each.name
            for each in self._world.estate.promises
            if isinstance(each, Restore) and each.restore == store
        )
        # That it could not be restored is a figure that was not reached.
        return Evidence(
            at=at,
            method=_METHOD,
            subject=replica_set,
            promises=promises if broken else (),
            figures={"faults": faults, **({"restore_s": None} if broken else {})},
            fidelity=Fidelity.REHEARSAL,
            fingerprint=self._promises.fingerprint(replica_set),
            drill=_METHOD,
        )


def _shown(told: Told) -> dict[str, Any]:
    return {
        "subject": told.fault.subject,
        "what": told.fault.what,
        "backup": told.fault.backup or None,
        "spared": told.fault.spared,
        "newest": told.newest,
        "means": told.means,
    }
