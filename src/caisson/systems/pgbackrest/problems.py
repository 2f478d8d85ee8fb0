"""From pgBackRest's exit codes and messages to one sentence and what to do. Pure.

The order matters: the exit code of a whole command often names a consequence (75, "no backup set
found") whose cause (a key that does not fit) stands in a warning above it.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Trouble(StrEnum):
    FULL = "the disk is full"
    KEY = "the repository cannot be read with this key"
    REPOSITORY = "the repository cannot be reached"
    REFUSED = "the repository refuses access"
    STANZA = "the repository knows nothing of this store"
    MISMATCH = "the repository belongs to another Postgres server"
    DUPLICATE = "the archive holds another segment of the same name"
    BUSY = "another pgBackRest process holds the lock"
    ARCHIVE_LATE = "the WAL did not reach the repository in time"
    NOT_ARCHIVING = "Postgres does not archive by pgBackRest"
    POSTGRES = "Postgres does not answer pgBackRest"
    NO_BACKUP = "there is no backup from which that can be restored"
    RUNNING = "a Postgres server runs in the folder to restore to"
    NOT_EMPTY = "the folder to restore to is not empty"
    DAMAGED = "a file of the repository is damaged"
    ENDED = "pgBackRest was ended from outside"
    CONFIGURATION = "pgBackRest does not take its configuration"
    UNKNOWN = "pgBackRest failed"


@dataclass(frozen=True, slots=True)
class Problem:
    """`message` is pgBackRest's own, on one line; `str` is all of it in one sentence."""

    trouble: Trouble
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.trouble}: {self.message}; {self.remedy}"


_REMEDIES = {
    Trouble.FULL: "free space there or give it more; what was written half is no backup",
    Trouble.KEY: "restore the estate's secrets, or name the key of this repository",
    Trouble.REPOSITORY: "see that the folder or host is there and can be opened",
    Trouble.REFUSED: "see that the folder's owner or the bucket's credentials are right",
    Trouble.STANZA: "if backups were here they are gone; if not, let it be created",
    Trouble.MISMATCH: "see that the store and its repository belong together; for a server that "
    "was made anew, use a repository of its own",
    Trouble.DUPLICATE: "find out which two servers archive to this repository and stop one",
    Trouble.BUSY: "wait for it to end, or end it",
    Trouble.ARCHIVE_LATE: "look in Postgres's log for what archive-push says",
    Trouble.NOT_ARCHIVING: "set archive_mode and archive_command and restart the server",
    Trouble.POSTGRES: "see that it runs, is a primary, and lets the backup role in",
    Trouble.NO_BACKUP: "name a later moment, or an older backup",
    Trouble.RUNNING: "restore to an empty folder beside it",
    Trouble.NOT_EMPTY: "restore to an empty folder",
    Trouble.DAMAGED: "verify the repository, and make a new full backup now",
    Trouble.ENDED: "run it again: it goes on or starts over, and the repository stays valid",
    Trouble.CONFIGURATION: "see that it was written for this version of pgBackRest",
    Trouble.UNKNOWN: "look at what it says",
}
# Neither waiting a moment nor trying again helps.
LASTING = frozenset(
    {
        *(Trouble.FULL, Trouble.KEY, Trouble.REPOSITORY, Trouble.REFUSED, Trouble.MISMATCH),
        *(Trouble.DUPLICATE, Trouble.NOT_ARCHIVING, Trouble.NO_BACKUP, Trouble.CONFIGURATION),
    }
)

# First what names a cause wherever it stands, then what only an exit code tells.
_CAUSES = (
    (Trouble.FULL, r"No space left on device|Disk quota exceeded"),
    (
        Trouble.REFUSED,
        r"Permission denied|Read-only file system|\b40[13] \(|AccessDenied|Forbidden",
    ),
    (
        Trouble.KEY,
        r"load info file.*(?:found outside of section at line 1\b|CryptoError|unable to flush)",
    ),
    (Trouble.DAMAGED, r"load info file.*(?:FormatError|ChecksumError|JsonFormatError)"),
    (
        Trouble.REPOSITORY,
        r"HostConnectError|ServiceError|ProtocolError|Not a directory|Input/output error"
        r"|unable to get address|timeout connecting",
    ),
    (Trouble.MISMATCH, r"do not match .*stanza|ArchiveMismatchError|BackupMismatchError"),
    (Trouble.STANZA, r"load info file.*FileMissingError|has a stanza-create been performed"),
)
_CODES = {
    26: Trouble.DAMAGED,
    27: Trouble.CONFIGURATION,
    31: Trouble.CONFIGURATION,
    32: Trouble.CONFIGURATION,
    37: Trouble.CONFIGURATION,
    38: Trouble.RUNNING,
    39: Trouble.REPOSITORY,
    40: Trouble.NOT_EMPTY,
    44: Trouble.MISMATCH,
    45: Trouble.DUPLICATE,
    49: Trouble.REPOSITORY,
    50: Trouble.BUSY,
    51: Trouble.MISMATCH,
    56: Trouble.POSTGRES,
    57: Trouble.POSTGRES,
    58: Trouble.POSTGRES,
    62: Trouble.ENDED,
    63: Trouble.ENDED,
    68: Trouble.NOT_ARCHIVING,
    75: Trouble.NO_BACKUP,
    82: Trouble.ARCHIVE_LATE,
    87: Trouble.NOT_ARCHIVING,
    95: Trouble.DAMAGED,
    101: Trouble.REPOSITORY,
    105: Trouble.REFUSED,
}
_ERROR = re.compile(r"ERROR: \[\d+\]: (?P<said>[^\n]*)")
_LONGEST = 300


def explain(exit_code: int, output: str) -> Problem:
    """Name the trouble of a command that ended with `exit_code`, or by a signal (negative)."""
    trouble = _trouble(exit_code, output)
    return Problem(trouble, _message(exit_code, output), _REMEDIES[trouble])


def explain_status(message: str) -> Problem:
    """Name the trouble of which `info` tells while it ends well itself."""
    trouble = _cause(message) or Trouble.UNKNOWN
    return Problem(trouble, _readable(message), _REMEDIES[trouble])


def _trouble(exit_code: int, output: str) -> Trouble:
    if exit_code < 0:
        return Trouble.ENDED
    return _cause(output) or _CODES.get(exit_code, Trouble.UNKNOWN)


def _cause(output: str) -> Trouble | None:
    found = (name for name, pattern in _CAUSES if re.search(pattern, output, re.DOTALL))
    return next(found, None)


def _message(exit_code: int, output: str) -> str:
    """The last error; the rest of what it says are lines below it."""
    if exit_code < 0:
        return f"by signal {-exit_code}"
    said = [found["said"] for found in _ERROR.finditer(output)]
    last = said[-1] if said else (output.strip().splitlines() or ["it says nothing"])[-1]
    return f"{_readable(last)} [{exit_code}]"


def _readable(said: str) -> str:
    readable = "".join(letter if letter.isprintable() else "?" for letter in said)
    return readable.strip().rstrip(":")[:_LONGEST]
