"""All that is wrong with a repository, from everything that was asked of it. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from caisson.systems.pgbackrest.answers import Archive, Stanza
from caisson.systems.pgbackrest.meaning import ENDED, Told, tell
from caisson.systems.pgbackrest.problems import Trouble, explain, explain_status
from caisson.systems.pgbackrest.verification import Fault, Verification, unseen

# What keeps a repository from being read, though nothing in it may be wrong.
_AWAY = {
    Trouble.FULL,
    Trouble.REPOSITORY,
    Trouble.REFUSED,
    Trouble.BUSY,
    Trouble.ENDED,
    Trouble.CONFIGURATION,
}
# A line of a timeline's history: of which timeline it is the child, up to where, and why.
_PARTED = re.compile(r"(\d+)\t[0-9A-F]+/[0-9A-F]+\t.*")


@dataclass(frozen=True, slots=True)
class History:
    """The text of a timeline's history; None when it could not be read."""

    archive: str
    timeline: int
    text: str | None


@dataclass(frozen=True, slots=True)
class Look:
    """What was asked of a repository, `archived` of its Postgres before the archive was listed.

    `remembered` is the newest backup that is known to have been there; empty and None where
    nothing is known. `ended_early` is why the verification did, and `unreadable` what was then
    found by reading the `first_segments`.
    """

    info: Stanza
    archives: tuple[Archive, ...]
    verification: Verification
    histories: tuple[History, ...]
    segment_bytes: int
    archived: str = ""
    remembered: str | None = None
    ended_early: str | None = None
    unreadable: tuple[Fault, ...] = ()

    @property
    def faults(self) -> tuple[Told, ...]:
        """Each once, and what it means; holes only when the verification is complete."""
        found = (
            *self.verification.faults,
            *unseen(self.verification, self.info, self.archives, self.segment_bytes, self.archived),
            *self.unreadable,
            *([Fault("repository", f"{ENDED}: {self.ended_early}")] if self.ended_early else []),
            *_of_histories(self.histories),
            *self._of_the_list(),
        )
        backups, size = self.info.backups, self.segment_bytes
        return tuple(tell(each, backups, size) for each in dict.fromkeys(found))

    def _of_the_list(self) -> Iterator[Fault]:
        """A list of backups that is unreadable, or knows no more of one that was there."""
        if self.info.problem:
            if all(each.spared for each in self.verification.faults):
                yield Fault("repository", str(explain_status(self.info.problem)))
        elif self.remembered and all(b.label != self.remembered for b in self.info.backups):
            what = "the whole backup is gone, also from the repository's list of backups"
            yield Fault(self.remembered, what, self.remembered)


def ended_early(exit_code: int, output: str) -> str | None:
    """Why `verify` ended at something damaged; None when it did not, or was kept from reading.

    It reads the first segment of each archive by itself, and ends when that is damaged (2.45).
    """
    if exit_code == 0 or (problem := explain(exit_code, output)).trouble in _AWAY:
        return None
    return problem.message


def first_segments(archives: tuple[Archive, ...]) -> tuple[str, ...]:
    return tuple(archive.segments[0].name for archive in archives if archive.segments)


def _of_histories(histories: tuple[History, ...]) -> Iterator[Fault]:
    """Nobody else checks their bytes, and no restore follows a timeline without them."""
    for each in histories:
        if each.text is None or not _is_history(each.text, each.timeline):
            name = f"{each.archive}/{each.timeline:08X}.history"
            yield Fault(name, "does not say where the timeline begins")


def _is_history(text: str, timeline: int) -> bool:
    """Each line names an older timeline, the oldest first."""
    found = [_PARTED.fullmatch(line) for line in text.splitlines() if line.strip()]
    parents = [int(each[1]) for each in found if each]
    ordered = parents == sorted(set(parents)) and max(parents, default=timeline) < timeline
    return ordered and len(parents) == len(found)
