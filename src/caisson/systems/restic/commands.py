"""What is typed to restic about one repository. Pure.

No key and no place stands in an argument: both come from `Commands.environment`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Commands:
    """One repository, and the restic that is asked about it.

    `repository` is as restic writes it: a folder, or `s3:https://HOST/BUCKET/PATH`,
    `gs:BUCKET:/PATH`, `azure:CONTAINER:/PATH`. `key_file` is private and holds the key.
    """

    binary: str
    repository: str
    key_file: str

    def environment(self) -> Mapping[str, str]:
        """The variables of every command below."""
        return {"RESTIC_REPOSITORY": self.repository, "RESTIC_PASSWORD_FILE": self.key_file}

    def config(self) -> tuple[str, ...]:
        """Ends well where there is a repository and the key fits."""
        return self._reading("cat", "config")

    def init(self) -> tuple[str, ...]:
        return self._typed("init")

    def snapshots(self) -> tuple[str, ...]:
        return self._reading("--json", "snapshots")

    def back_up(self, file: str, host: str, tags: Iterable[str]) -> tuple[str, ...]:
        """Copy `file` of the current folder; its bytes are read whatever its times are."""
        tagged = (word for tag in tags for word in ("--tag", tag))
        return self._typed("--json", "--quiet", "backup", "--force", "--host", host, *tagged, file)

    def restore(self, snapshot: str, target: str) -> tuple[str, ...]:
        """Write a snapshot's files into a folder and read them again."""
        return self._reading("restore", snapshot, "--target", target, "--verify")

    def unlock(self) -> tuple[str, ...]:
        """Take away the locks of processes that are gone, and no others."""
        return self._typed("unlock")

    def forget(self, snapshots: Iterable[str]) -> tuple[str, ...]:
        """Let go of snapshots and of all that only they need."""
        return self._typed("--quiet", "forget", "--prune", *snapshots)

    def check(self) -> tuple[str, ...]:
        """Read everything: without that, restic looks at no byte of the data itself."""
        return self._typed("check", "--read-data")

    def _typed(self, *words: str) -> tuple[str, ...]:
        # What was encrypted goes from memory into the repository, and nowhere else on the way.
        return (self.binary, "--no-cache", *words)

    def _reading(self, *words: str) -> tuple[str, ...]:
        """What only reads writes no lock, and so needs no right to write and waits for nobody."""
        return self._typed("--no-lock", *words)
