"""The text of pgBackRest's configuration file, and the commands that are run. Pure.

A configuration file holds the repository's key, so whoever writes it makes it readable by its
owner only (mode 0600). No key and no password stands in any command.

The WAL that waits. Postgres keeps each segment until `archive-push` says that it is archived, so
a repository that is slow or away stops nobody: WAL piles up beside the data. Up to the bound
`Options.waiting_bytes` nothing is lost. Beyond it pgBackRest *drops* the oldest segments until
the rest is within it (`archive-push-queue-max`), and tells Postgres that they are archived; the
alternative is a full disk, which stops the primary. What was dropped is a hole: no moment between
the last segment before it and the end of the next backup can be restored. `verify` and `info`
call a repository with a hole sound. So whoever runs this warns at `warn_at_bytes` (see
`waiting.py`), looks for holes (see `wal.py`), and makes a backup as soon as there is one.

Segments are pushed one by one, while `archive_command` waits. With `archive-async` a process is
left behind that pushes them side by side. When Postgres adopts orphans (as its supervisor makes
it do, or as the first process of a container), it takes that one for a server process of its
own, and when it fails, because the repository is away, Postgres ends all sessions and recovers.
"""

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from caisson.systems.pgbackrest.repository import Access, Repository, options_of
from caisson.systems.postgres.files import BACKUP, escape

WAITING_BYTES = 1 << 30
WARN_SHARE = 0.25  # of the bound: an archive that is as slow as this has not caught up for long
_DAY_S = 86_400
_LATE_S = 2  # Postgres looks at whole seconds, and the segment has to get to the repository


class Kind(StrEnum):
    """`DIFF` holds what changed since the last full backup, `INCR` since the last of any kind."""

    FULL = "full"
    DIFF = "diff"
    INCR = "incr"


@dataclass(frozen=True, slots=True)
class Member:
    """A Postgres server on this machine; a copy that is restored has no socket yet."""

    data: str
    socket_folder: str = ""
    port: int = 5432


@dataclass(frozen=True, slots=True)
class Folders:
    """Where pgBackRest keeps what it needs while it runs; they must exist and be private.

    `own` belongs to one member and to no other. `shared` is one for all members of a replica
    set on this machine, so that two of their backups cannot run at the same time.
    """

    own: str
    shared: str

    @property
    def log(self) -> str:
        return f"{self.own}/log"


@dataclass(frozen=True, slots=True)
class Options:
    """`keep_s` is how long any moment can be restored; `processes` compress and copy at once."""

    keep_s: float
    processes: int = 2
    waiting_bytes: int = WAITING_BYTES


def warn_at_bytes(bound_bytes: int) -> int:
    """How much waiting WAL is told to somebody, long before the bound is reached."""
    return int(bound_bytes * WARN_SHARE)


def pgbackrest_conf(
    stanza: str,
    members: Sequence[Member],
    repository: Repository,
    folders: Folders,
    options: Options,
    *,
    key: str,
    access: Access | None = None,
) -> str:
    """All settings; the first of `members` is the one that archives by this file.

    For a backup from a standby, `members` are the primary and the standby. For a restore it is
    the copy alone.
    """
    own = options_of(repository, access or Access())
    return "\n".join(
        (
            *_section("global", own | _cipher(key) | _globals(folders, options)),
            *_section("global:archive-push", _within_postgres(folders) | _bound(options)),
            *_section("global:archive-get", _within_postgres(folders)),
            *_section(stanza, _members(members)),
        )
    )


def archiving(
    binary: str, conf: str, stanza: str, *, environment: Mapping[str, str], wal_s: float | None
) -> dict[str, str]:
    """Postgres's settings by which it archives; `wal_s` is the oldest WAL that may be unarchived.

    None is any age: but a backup is nothing without the WAL of its time.

    `environment` is what the program needs besides: Postgres starts it with its own.
    """
    pushing = _shell(environment, binary, f"--config={conf}", f"--stanza={stanza}", "archive-push")
    return {
        "archive_mode": "on",
        "archive_command": f'{pushing} "%p"',
        "archive_timeout": f"{_closed_after_s(wal_s)}s",
    }


def _closed_after_s(wal_s: float | None) -> int:
    """When Postgres closes a segment that is not full; 0 is never."""
    return 0 if wal_s is None else max(1, math.floor(wal_s) - _LATE_S)


@dataclass(frozen=True, slots=True)
class ToTime:
    """Up to and with the last commit at `moment`: `YYYY-MM-DD HH:MM:SS.ffffff+00`.

    Some transaction must have been committed and archived after it, or recovery ends in an error
    because it cannot tell that it has reached the moment. Without a `backup`, pgBackRest takes
    the newest that had ended in an earlier second.
    """

    moment: str
    backup: str = ""


@dataclass(frozen=True, slots=True)
class BeforeTransaction:
    """Without this transaction and all that committed after it.

    `backup` is one that had ended before: pgBackRest chooses none by a transaction, and from a
    later one recovery ends in an error.
    """

    xid: int
    backup: str


@dataclass(frozen=True, slots=True)
class ToPosition:
    """Up to and with the record at `lsn`, such as `0/1A2B3C8`."""

    lsn: str


@dataclass(frozen=True, slots=True)
class Whole:
    """Everything that was archived, or up to the first hole; `backup` is the newest if empty."""

    backup: str = ""


Target = ToTime | BeforeTransaction | ToPosition | Whole


@dataclass(frozen=True, slots=True)
class Commands:
    """What is typed, for one configuration file and one stanza (a replica set's own name)."""

    binary: str
    conf: str
    stanza: str

    def stanza_create(self) -> tuple[str, ...]:
        """Make the repository ready. In an empty place this makes an empty repository at once.

        So it is no way to find out whether a repository that was there is still there.
        """
        return self._command("stanza-create")

    def check(self, archived_within_s: int = 60) -> tuple[str, ...]:
        """Switch to a new segment and wait until it lies in the repository."""
        return self._command("check", f"--archive-timeout={archived_within_s}")

    def backup(
        self, kind: Kind, *, from_standby: bool = False, archived_within_s: int = 60
    ) -> tuple[str, ...]:
        """Copy the data; by `from_standby` read from the second member of the file."""
        return self._command(
            "backup",
            f"--type={kind}",
            f"--archive-timeout={archived_within_s}",
            *(("--backup-standby",) if from_standby else ()),
        )

    def info(self) -> tuple[str, ...]:
        """For `answers.read_info`."""
        return self._command("info", "--output=json")

    def listing(self) -> tuple[str, ...]:
        """Every file of the archive, for `answers.read_listing`; needs no key."""
        where = f"archive/{self.stanza}"
        return self._quiet("repo-ls", "--recurse", "--output=json", where)

    def histories(self) -> tuple[str, ...]:
        """Where timelines began, and nothing else of the archive; read as the listing is."""
        where = f"archive/{self.stanza}"
        only = r"--filter=\.history"
        return self._quiet("repo-ls", "--recurse", "--output=json", only, where)

    def verify(self) -> tuple[str, ...]:
        """For `verification.read_verify`, which must be read: it exits 0 whatever it finds.

        A file that cannot be decrypted is not read again after 15 s, which helps no file.
        """
        details = ("--verbose", "--log-level-console=detail", "--job-retry=0")
        return self._command("verify", *details)

    def annotate(self, label: str, name: str, value: str) -> tuple[str, ...]:
        """Note something on a backup that is there; `info` tells it."""
        return self._command("annotate", f"--set={label}", f"--annotation={name}={value}")

    def expire(self) -> tuple[str, ...]:
        """Take away what is older than what is kept; no backup does that by itself."""
        return self._command("expire")

    def restore(self, target: Target, restore_command: str, timeline: str = "") -> tuple[str, ...]:
        """Write a backup into the empty folder of the file's one member.

        The server that is then started replays WAL up to the target and is a primary from there,
        on a timeline of its own. It never archives, and its commits wait for nobody, whatever
        the original's did. `timeline` is a number, `current` (the backup's own) or, if empty, the
        newest.
        """
        return self._command(
            "restore",
            *_target(target),
            *((f"--target-timeline={timeline}",) if timeline else ()),
            "--archive-mode=off",
            f"--recovery-option=restore_command={escape(restore_command)}",
            "--recovery-option=synchronous_standby_names=",
        )

    def restore_command(self, environment: Mapping[str, str]) -> str:
        """By which a restored server gets WAL, with what the program needs besides."""
        getting = _shell(environment, *self._command("archive-get"))
        return f'{getting} %f "%p"'

    def archive_get(self, segment: str, to: str) -> tuple[str, ...]:
        """Write one WAL segment to a file; exit code 1 when there is none."""
        return self._command("archive-get", segment, to)

    def archive_push(self, path: str) -> tuple[str, ...]:
        return self._command("archive-push", path)

    def history(self, archive: str, timeline: int) -> tuple[str, ...]:
        """Where a timeline of `archive` (`15-1`) parted from another, by Postgres's own file."""
        name = f"archive/{self.stanza}/{archive}/{timeline:08X}.history"
        return self._quiet("repo-get", name)

    def _command(self, verb: str, *rest: str) -> tuple[str, ...]:
        return (self.binary, f"--config={self.conf}", f"--stanza={self.stanza}", verb, *rest)

    def _quiet(self, verb: str, *rest: str) -> tuple[str, ...]:
        # These know no stanza, and what they log would stand between what they answer.
        return (self.binary, f"--config={self.conf}", "--log-level-console=off", verb, *rest)


def _target(target: Target) -> tuple[str, ...]:
    match target:
        case ToTime(moment, backup):
            return ("--type=time", f"--target={moment}", "--target-action=promote", *_set(backup))
        case BeforeTransaction(xid, backup):
            return (
                *("--type=xid", f"--target={xid}", "--target-exclusive"),
                *("--target-action=promote", *_set(backup)),
            )
        case ToPosition(lsn):
            return ("--type=lsn", f"--target={lsn}", "--target-action=promote")
        case Whole(backup):
            return _set(backup)


def _set(backup: str) -> tuple[str, ...]:
    return (f"--set={backup}",) if backup else ()


def _cipher(key: str) -> dict[str, str]:
    return {"repo1-cipher-type": "aes-256-cbc", "repo1-cipher-pass": key}


def _globals(folders: Folders, options: Options) -> dict[str, str]:
    return {
        "repo1-bundle": "y",  # a thousand small files as some large ones
        "repo1-retention-full-type": "time",
        "repo1-retention-full": str(max(1, math.ceil(options.keep_s / _DAY_S))),
        "expire-auto": "n",  # a backup that is there has not failed because expiring did
        "compress-type": "zst",
        "compress-level": "3",
        "process-max": str(options.processes),
        "start-fast": "y",  # a spread checkpoint takes minutes
        "lock-path": folders.shared,
        "log-path": folders.log,
        "log-level-file": "warn",
        "log-level-console": "info",
        "log-level-stderr": "off",
        "log-timestamp": "n",
    }


def _within_postgres(folders: Folders) -> dict[str, str]:
    """What is logged there ends in Postgres's own log; and no backup is to be waited for."""
    return {"archive-async": "n", "lock-path": folders.own, "log-level-console": "warn"}


def _bound(options: Options) -> dict[str, str]:
    return {"archive-push-queue-max": str(options.waiting_bytes)}


def _members(members: Sequence[Member]) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, member in enumerate(members, 1):
        found[f"pg{number}-path"] = member.data
        if member.socket_folder:
            found[f"pg{number}-socket-path"] = member.socket_folder
            found[f"pg{number}-port"] = str(member.port)
            found[f"pg{number}-user"] = BACKUP
    return found


def _section(name: str, settings: Mapping[str, str]) -> tuple[str, ...]:
    return (f"[{name}]", *(f"{option}={value}" for option, value in settings.items()), "")


def _shell(environment: Mapping[str, str], *command: str) -> str:
    """A command in Postgres's settings, which go through a shell and expand `%`."""
    variables = [f"{name}={value}" for name, value in environment.items()]
    words = (*(["env", *variables] if variables else []), *command)
    return shlex.join(words).replace("%", "%%")
