"""When tenants were set back on purpose, to an earlier moment: what they lost then is no loss."""

import time
from collections.abc import Callable, Iterable

from caisson.state.database import Database
from caisson.state.settings import Settings
from caisson.tenants.turns import Turns


class Setbacks:
    """Kept among the settings, by replica set; times are seconds since the epoch."""

    def __init__(
        self, database: Database, turns: Turns, clock: Callable[[], float] = time.time
    ) -> None:
        self._settings = Settings(database)
        self._turns = turns
        self._clock = clock

    def add(self, replica_set: str, tenants: Iterable[str]) -> None:
        """Record that these are set back now, durable when this returns."""
        known = self._settings.get(_name(replica_set), {})
        self._settings.put(_name(replica_set), {**known, **dict.fromkeys(tenants, self._clock())})

    def of(self, replica_set: str, tenants: Iterable[str]) -> dict[str, float]:
        """When each was set back last, alone or with the whole store; 0 for never."""
        known = self._settings.get(_name(replica_set), {})
        whole = max((turn.at for turn in self._turns.of(replica_set)), default=0.0)
        return {each: max(whole, float(known.get(each, 0.0))) for each in tenants}


def _name(replica_set: str) -> str:
    return f"setbacks/{replica_set}"
