"""All stores of a jurisdiction brought back to one moment, beside what runs, and one report of it.

Every store is restored by an operation of its own, so that each is asked its own questions, is
evidence by itself, and what is wrong with one keeps nobody from seeing the others.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from caisson.controller.backups import Backups
from caisson.controller.operations import Refused
from caisson.controller.snapshot import operation_document
from caisson.estate.model import RebuildFrom, Store
from caisson.execute.world import World
from caisson.plan.document import to_document
from caisson.plan.model import Refusal
from caisson.plan.recovery_point import RecoveryPoint, StoreAt, plan_recovery_point
from caisson.topology.model import Kind

_AT_ONCE = 4


class RecoveryPoints:
    """Called from the console's threads."""

    def __init__(self, world: World, backups: Backups) -> None:
        self._world = world
        self._backups = backups

    def subjects(self) -> tuple[str, ...]:
        """Each environment's jurisdiction that has something backed up: `production/us`."""
        return tuple(sorted({_place_of(each) for each in self._backups.sets()}))

    def plans(self, subject: str, moment: float | None, *, keep: bool) -> dict[str, Any]:
        """What a restore of all would do now, or Refused."""
        point = self._chosen(subject, moment)
        plans = [
            self._backups.restore_plan(s.replica_set, s.moment, keep=keep) for s in point.stores
        ]
        return {**self._head(subject, point), "plans": [to_document(each) for each in plans]}

    def restore(self, subject: str, moment: float | None, *, keep: bool) -> dict[str, Any]:
        """Restore and ask every store; `state` is done, failed, or incomplete.

        Incomplete: everything was restored, but some store is neither backed up nor rebuildable.
        """
        point, began = self._chosen(subject, moment), time.monotonic()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            stores = list(pool.map(lambda store: self._restored(store, keep=keep), point.stores))
        head = self._head(subject, point)
        done = all(each["state"] == "done" for each in stores)
        return {
            **head,
            "state": ("incomplete" if head["left_out"] else "done") if done else "failed",
            "restore_s": round(time.monotonic() - began, 3),
            "stores": stores,
        }

    # -- parts ----------------------------------------------------------------------------

    def _chosen(self, subject: str, moment: float | None) -> RecoveryPoint:
        repositories = [s for s in self._backups.states() if _place_of(s.replica_set) == subject]
        found = plan_recovery_point(subject, repositories, now=time.time(), moment=moment)
        if isinstance(found, Refusal):
            raise Refused(*found.reasons, found.remedy)
        return found

    def _restored(self, store: StoreAt, *, keep: bool) -> dict[str, Any]:
        about = {
            "replica_set": store.replica_set,
            "restored_to": store.moment,
            "lacks_s": round(store.lacks_s, 3),
            "questions": self._backups.asks(store.replica_set),
        }
        try:
            done = self._backups.restore(store.replica_set, store.moment, keep=keep)
        except Refused as refusal:
            return {**about, "state": "refused", "why": str(refusal), "operation": None}
        why = done.measurements.get("why")
        return {
            **about,
            "state": done.state.value,
            "why": None if why is None else str(why),
            "operation": operation_document(done),
        }

    def _head(self, subject: str, point: RecoveryPoint) -> dict[str, Any]:
        others = self._not_backed_up(subject)
        return {
            "subject": subject,
            "moment": point.moment,
            "rebuilt": [
                {"store": name, "from": _source(store)}
                for name, store in others.items()
                if store.rebuildable
            ],
            "left_out": [name for name, store in others.items() if not store.rebuildable],
        }

    def _not_backed_up(self, subject: str) -> dict[str, Store]:
        restored = {
            each.rsplit("/", 1)[1] for each in self._backups.sets() if _place_of(each) == subject
        }
        here = {
            each.name
            for each in self._world.topology.components
            if each.kind is Kind.STORE and f"{each.environment}/{each.jurisdiction}" == subject
        }
        return {name: self._world.estate.stores[name] for name in sorted(here - restored)}


def _place_of(replica_set: str) -> str:
    return replica_set.rsplit("/", 1)[0]


def _source(store: Store) -> str | None:
    return store.rebuildable.from_ if isinstance(store.rebuildable, RebuildFrom) else None
