"""What the repositories are like now, joined with what is remembered of them."""

import time
from dataclasses import dataclass, field, replace

from caisson.controller.remembered import Remembered
from caisson.execute.performer import Performer
from caisson.execute.repositories import Repositories
from caisson.plan.repositories import RepositoryState

_LISTING_SHARE = 60.0  # an archive is listed for at most one part in so many of the time


@dataclass(frozen=True, slots=True)
class Looks:
    """Asking takes some 0.1 s for each, and over a second where there are 50,000 segments."""

    repositories: Repositories
    performer: Performer
    remembered: Remembered
    _list_at: dict[str, float] = field(default_factory=dict)
    _last: dict[str, RepositoryState] = field(default_factory=dict)

    def points(self, replica_set: str) -> RepositoryState:
        """The repository's backups, or those that are gone."""
        state = self._known(self.performer.backups_of(replica_set).state(replica_set))
        known = self._last.get(replica_set)
        self._last[replica_set] = replace(state, windows=known.windows if known else None)
        return state

    def moments(self, replica_set: str) -> RepositoryState:
        """The same, and which moments can be restored."""
        unusable = self.remembered.unusable(replica_set)
        state = self._known(self.performer.backups_of(replica_set).moments(replica_set, unusable))
        self._last[replica_set] = state
        return state

    def last(self, replica_set: str) -> RepositoryState | None:
        """What was seen last, without asking; its moments may be older than its backups."""
        return self._last.get(replica_set)

    def cheap(self, replica_set: str) -> RepositoryState:
        """For who looks all the time: the moments only where they were not looked for lately."""
        began = time.monotonic()
        if began < self._list_at.get(replica_set, 0.0):
            return self.points(replica_set)
        state = self.moments(replica_set)
        ended = time.monotonic()
        self._list_at[replica_set] = ended + _LISTING_SHARE * (ended - began)
        return state

    def closely(self, replica_set: str) -> None:
        """Let the next cheap look find the moments, whatever that takes."""
        self._list_at.pop(replica_set, None)

    def _known(self, state: RepositoryState) -> RepositoryState:
        return self.remembered.seen(state, self.repositories.place(state.replica_set))
