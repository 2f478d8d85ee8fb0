"""What restic says, as values. Pure.

restic keeps a file's bytes and a moment of its own. What else has to be known of a backup goes
along as tags, since restic 0.14 tells no size of a snapshot, and since its moment is that of the
copy into the repository and not that of the data.
"""

import json
from dataclasses import dataclass
from typing import Any

_LABEL_LETTERS = 8


class AnswerError(ValueError):
    """What restic printed cannot be read."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What is known of a backup; times are seconds since the epoch.

    Everything that was acknowledged by `begun_at` is in it, and nothing that was begun after
    `whole_at`. `size_bytes` is the size of its file; `position` says where in the store's stream
    of writes it stands.
    """

    replica_set: str
    begun_at: float
    whole_at: float
    size_bytes: int
    position: str

    def tags(self) -> tuple[str, ...]:
        return (
            f"store={self.replica_set}",
            f"begun={self.begun_at:.6f}",
            f"whole={self.whole_at:.6f}",
            f"bytes={self.size_bytes}",
            f"position={self.position}",
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A backup in the repository; `label` is the short form of its id, which restic takes too."""

    id: str
    stamp: Stamp

    @property
    def label(self) -> str:
        return self.id[:_LABEL_LETTERS]


def read_snapshots(output: str, replica_set: str) -> tuple[Snapshot, ...]:
    """Read `snapshots --json`: those of a replica set, oldest first.

    One without the tags of a `Stamp` was made by somebody else and is passed over. Raises
    AnswerError when it is no list of snapshots.
    """
    found = [(str(each["id"]), _stamp(each.get("tags") or [])) for each in _listed(output)]
    own = (Snapshot(name, stamp) for name, stamp in found if stamp)
    mine = [each for each in own if each.stamp.replica_set == replica_set]
    return tuple(sorted(mine, key=lambda each: each.stamp.begun_at))


def read_backup(output: str) -> str:
    """Read the id of the snapshot that `backup --json` has made; AnswerError without one."""
    for line in reversed(output.splitlines()):
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict) and said.get("message_type") == "summary":
            return str(said["snapshot_id"])
    raise AnswerError("restic did not say which snapshot it has made")


def expired(snapshots: tuple[Snapshot, ...], now: float, keep_s: float) -> tuple[str, ...]:
    """Return the ids of what is older than `keep_s`; the newest stays whatever its age is."""
    return tuple(each.id for each in snapshots[:-1] if now - each.stamp.whole_at > keep_s)


def _listed(output: str) -> list[dict[str, Any]]:
    try:
        listed = json.loads(output)
    except ValueError as error:
        raise AnswerError(f"restic's list of snapshots cannot be read: {error}") from error
    if not isinstance(listed, list) or not all(
        isinstance(each, dict) and "id" in each for each in listed
    ):
        raise AnswerError("restic's list of snapshots has another form than was expected")
    return listed


def _stamp(tags: list[str]) -> Stamp | None:
    told = dict(tag.split("=", 1) for tag in tags if "=" in tag)
    try:
        return Stamp(
            told["store"],
            float(told["begun"]),
            float(told["whole"]),
            int(told["bytes"]),
            told["position"],
        )
    except (KeyError, ValueError):
        return None
