"""What a fault of a repository means for whoever wants to restore from it. Pure."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from caisson.systems.pgbackrest.answers import Backup
from caisson.systems.pgbackrest.verification import Fault
from caisson.systems.pgbackrest.wal import Segment

ENDED = "verify ended before it had read everything"
_SEGMENT = re.compile(r"(?<![0-9A-F])[0-9A-F]{24}(?![0-9A-F])")
_HISTORY = re.compile(r"/([0-9A-F]{8})\.history\b")


@dataclass(frozen=True, slots=True)
class Told:
    """`newest`: a restore of the newest moment is not to be relied on. `means` is a sentence."""

    fault: Fault
    newest: bool
    means: str


def tell(fault: Fault, backups: Collection[Backup], segment_bytes: int) -> Told:
    """Say what a fault means; `backups` are those that the repository lists."""
    newest = max(backups, key=lambda each: each.stopped_at, default=None)
    if fault.spared:
        return Told(fault, False, "nothing is lost yet, for there is a second copy")
    if fault.what.startswith(ENDED):
        return Told(fault, False, "take the file away that is unreadable, and verify again")
    if fault.backup:
        return _of_backup(fault, backups, newest)
    if timeline := _HISTORY.search(fault.subject):
        followed = newest is None or int(timeline[1], 16) > newest.timeline
        return Told(fault, followed, "no restore from before that timeline gets on to it")
    if found := _SEGMENT.findall(f"{fault.subject} {fault.what}"):
        return _of_segments(fault, found, newest, segment_bytes)
    return Told(fault, True, "nothing can be restored before this is put right")


def _of_backup(fault: Fault, backups: Collection[Backup], newest: Backup | None) -> Told:
    hurt = [each for each in backups if fault.backup in (each.label, *each.needs)]
    names = ", ".join(each.label for each in hurt) or fault.backup
    latest = newest is None or newest in hurt or all(b.label != fault.backup for b in backups)
    return Told(fault, latest, f"nothing is to be restored from {names}: make a full backup")


def _of_segments(
    fault: Fault, names: Collection[str], newest: Backup | None, segment_bytes: int
) -> Told:
    last = max(Segment.of(name, segment_bytes).number for name in names)
    needed = newest is None or last >= newest.span(segment_bytes).first
    until = "before the next backup" if needed else "before the backup that came next"
    return Told(fault, needed, f"no moment after it and {until} can be restored")


def unusable(faults: Collection[Fault]) -> tuple[str, ...]:
    """Names of WAL segments and backups that no restore can use."""
    lost = [each for each in faults if not each.spared]
    labels = {each.backup for each in lost if each.backup}
    segments = {name for each in lost if not each.backup for name in _SEGMENT.findall(each.subject)}
    return tuple(sorted(labels | segments))
