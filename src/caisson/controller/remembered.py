"""What must be known of a repository although it may be lost: that it was there, what is damaged.

Whatever lies in a repository is lost with it. A folder that has vanished looks like one in which
nothing was ever made, and a new repository in its place would cover up that the backups are gone.
"""

from dataclasses import dataclass, replace

from caisson.plan.repositories import RepositoryState
from caisson.state.settings import Settings

_PREFIX = "repositories/"


@dataclass(frozen=True, slots=True)
class Remembered:
    """By replica set, and by the place in which the repository was: another may be empty."""

    settings: Settings

    def seen(self, state: RepositoryState, place: str) -> RepositoryState:
        """Remember the newest backup; say of a repository without any which it had."""
        if state.why_not:
            return state
        if state.newest is None:
            return replace(state, gone=self.newest(state.replica_set, place))
        if self.newest(state.replica_set, place) != state.newest.label:
            self.settings.put(
                _newest(state.replica_set), {"place": place, "label": state.newest.label}
            )
        return state

    def newest(self, replica_set: str, place: str) -> str | None:
        """The label of the newest backup that was seen there."""
        kept = self.settings.get(_newest(replica_set)) or {}
        return str(kept["label"]) if kept.get("place") == place else None

    def existed(self, replica_set: str) -> bool:
        """Whether any backup was ever seen, wherever it was."""
        return self.settings.get(_newest(replica_set)) is not None

    def unusable(self, replica_set: str) -> tuple[str, ...]:
        """The WAL segments and backups that the last verification found damaged."""
        return tuple(self.settings.get(_unusable(replica_set)) or ())

    def damaged(self, replica_set: str, unusable: tuple[str, ...]) -> None:
        if unusable != self.unusable(replica_set):
            self.settings.put(_unusable(replica_set), list(unusable))


def _newest(replica_set: str) -> str:
    return f"{_PREFIX}{replica_set}/newest"


def _unusable(replica_set: str) -> str:
    return f"{_PREFIX}{replica_set}/unusable"
