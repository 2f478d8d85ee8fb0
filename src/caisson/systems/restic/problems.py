"""From restic's exit codes and messages to one sentence and what to do. Pure.

restic 0.14 ends with 1 whatever was wrong; since 0.17 a missing repository is 10, a lock 11 and a
wrong key 12. So the text is read first, and the first line that names a cause is shown: the last
one often only counts the errors.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Trouble(StrEnum):
    FULL = "the disk is full"
    KEY = "the repository cannot be read with this key"
    NONE = "there is no repository"
    REFUSED = "the repository refuses access"
    BUSY = "another restic process holds the lock"
    NO_BACKUP = "the repository has no such backup"
    DAMAGED = "the repository is damaged"
    REPOSITORY = "the repository cannot be reached"
    ENDED = "restic was ended from outside"
    UNKNOWN = "restic failed"


@dataclass(frozen=True, slots=True)
class Problem:
    """`message` is restic's own, on one line; `str` is all of it in one sentence."""

    trouble: Trouble
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.trouble}: {self.message}; {self.remedy}"


_REMEDIES = {
    Trouble.FULL: "free space there or give it more; what was written half is no backup",
    Trouble.KEY: "restore the estate's secrets, or name the key of this repository",
    Trouble.NONE: "if backups were here they are gone; if not, make one",
    Trouble.REFUSED: "see that the folder's owner or the bucket's credentials are right",
    Trouble.BUSY: "wait for it to end, or end it",
    Trouble.NO_BACKUP: "name one that `caisson backups` lists",
    Trouble.DAMAGED: "restore an older backup, and make a new one now",
    Trouble.REPOSITORY: "see that the folder or host is there and can be opened",
    Trouble.ENDED: "run it again: the repository stays valid",
    Trouble.UNKNOWN: "look at what it says",
}
_CAUSES = (
    (Trouble.FULL, r"no space left on device|disk quota exceeded"),
    (Trouble.REFUSED, r"permission denied|read-only file system|access ?denied|forbidden"),
    (Trouble.KEY, r"wrong password or no key found"),
    (Trouble.NONE, r"unable to open config file|repository does not exist"),
    (Trouble.BUSY, r"repository is already locked"),
    (Trouble.NO_BACKUP, r"no matching ID found|no snapshot found|invalid id"),
    (
        Trouble.DAMAGED,
        r"ciphertext verification failed|does not match|not found in repository"
        r"|returned error, retrying.*no such file|does not exist|invalid data|checksum"
        r"|repository contains errors|There were \d+ errors|unexpected EOF",
    ),
    (
        Trouble.REPOSITORY,
        r"connection refused|no such host|i/o timeout|input/output error|not a directory",
    ),
)
_CODES = {10: Trouble.NONE, 11: Trouble.BUSY, 12: Trouble.KEY}
_LONGEST = 300


def explain(exit_code: int, output: str) -> Problem:
    """Name the trouble of a command that ended with `exit_code`, or by a signal (negative)."""
    trouble, said = _named(exit_code, output)
    return Problem(trouble, said, _REMEDIES[trouble])


def _named(exit_code: int, output: str) -> tuple[Trouble, str]:
    if exit_code < 0:
        return Trouble.ENDED, f"by signal {-exit_code}"
    lines = output.strip().splitlines() or ["it says nothing"]
    for trouble, pattern in _CAUSES:
        for line in lines:
            if re.search(pattern, line, re.IGNORECASE):
                return trouble, f"{_readable(line)} [{exit_code}]"
    return _CODES.get(exit_code, Trouble.UNKNOWN), f"{_readable(lines[-1])} [{exit_code}]"


def _readable(line: str) -> str:
    readable = "".join(letter if letter.isprintable() else "?" for letter in line)
    return readable.removeprefix("Fatal: ").strip()[:_LONGEST]
