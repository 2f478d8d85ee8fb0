"""When replica sets were switched to other data: what restores to a moment have to know."""

from dataclasses import asdict

from caisson.plan.lineage import Turn
from caisson.state.database import Database
from caisson.state.settings import Settings


class Turns:
    """Kept among the settings, by replica set."""

    def __init__(self, database: Database) -> None:
        self._settings = Settings(database)

    def of(self, replica_set: str) -> tuple[Turn, ...]:
        """Return all, oldest first."""
        return tuple(Turn(**each) for each in self._settings.get(_name(replica_set), []))

    def add(self, replica_set: str, turn: Turn) -> None:
        """Record one more, durable when this returns; the same again changes nothing."""
        others = [each for each in self.of(replica_set) if each.aside != turn.aside]
        recorded = sorted([*others, turn], key=lambda each: each.at)
        self._settings.put(_name(replica_set), [asdict(each) for each in recorded])


def _name(replica_set: str) -> str:
    return f"turns/{replica_set}"
