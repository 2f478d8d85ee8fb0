"""What `verify` found, and what it does not look for. Pure.

`pgbackrest verify` exits 0 whatever it finds, and calls some broken repositories sound. Tried
with 2.45, by damaging a repository in some thirty ways:

| damage | what `verify` says | found here by |
|---|---|---|
| bytes flipped, a file cut or gone, in a backup or of WAL | each file | `_FILE` |
| two files for one WAL segment | the segment | `_DUPLICATE` |
| both copies of an info file or of a manifest gone or unreadable | `error` | `_GENERAL`, statuses |
| one copy of the two | `ok`; a detail in the log | `_copies` |
| a manifest and its copy gone | `ok`, the backup's status is `manifest missing` | statuses |
| a wrong key, no repository, a stanza that was never made | no usable info file | the same |
| the whole folder of a backup gone | `ok` | `unseen`: `info` still lists it |
| WAL gone in the middle, before a backup's end, all of it | `ok` | `wal.holes` |
| the newest WAL gone | `ok` | `wal.holes`, told what was archived |
| a timeline's history file gone | `ok` | `Archive.without_history` |
| the whole repository as it was some days ago | `ok` | nothing in it: `Look.remembered` |

None of it shows that the data is what the application wrote: only a restore does.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from caisson.systems.pgbackrest.answers import Archive, Stanza
from caisson.systems.pgbackrest.problems import Trouble
from caisson.systems.pgbackrest.wal import Segment, Span, holes

_LONGEST = 200
_LABEL = r"\d{8}-\d{6}F(?:_\d{8}-\d{6}[DI])?"
_FILE = re.compile(
    r"^P\d+ +\w+: (?P<what>invalid checksum|file missing|invalid size|invalid result)"
    r" '?(?P<file>[^':\n]+)'?(?P<more>: .*)?$",
    re.MULTILINE,
)
_DUPLICATE = re.compile(r"duplicate WAL '(?P<file>[0-9A-F]{24})' for '(?P<archive>[^']+)' exists")
_GENERAL = re.compile(
    r"^ +(?P<what>No usable (?:backup|archive)\.info file|no archives or backups exist .*)$",
    re.MULTILINE,
)
_OTHER = re.compile(
    r"(?P<what>archiveIds '[^']+' are not in the archive\.info history list"
    r"|'[^']+' may not be recoverable .*|archive and backup history lists do not match"
    r"|backup info file and archive info file do not match)"
)
_DETAIL = re.compile(r"^P\d+ DETAIL: (?P<what>.*)$", re.MULTILINE)
_ORDINARY = re.compile(
    r"archiveId: .*, wal start: |path '.*' does not contain any valid WAL|archive path .* is empty"
    r"|no (?:archives|backups) exist|statistics: "
)
_PATH = re.compile(r"(?:backup|archive)/(?P<stanza>[^/]+)/(?P<file>[^']+)")
_STATUS = re.compile(r"^ +status: (ok|error)$", re.MULTILINE)
_BACKUP = re.compile(
    rf"backup: (?P<label>{_LABEL}), status: (?P<status>[a-z -]+),"
    r" total files checked: (?P<checked>\d+), total valid files: (?P<valid>\d+)"
)
_KEY = re.compile(r"unable to flush|found outside of section at line 1\b|cipher header")


@dataclass(frozen=True, slots=True)
class Fault:
    """`subject` is a file, a WAL segment or a backup; `backup` the one whose file it is, if any.

    `spared` means that pgBackRest has a second copy, and nothing is lost yet.
    """

    subject: str
    what: str
    backup: str = ""
    spared: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """`status` is pgBackRest's: valid, invalid, manifest missing or in-progress."""

    label: str
    status: str
    files: int
    valid_files: int


@dataclass(frozen=True, slots=True)
class Verification:
    """`complete` is false when the run ended before its result: nothing can be told then."""

    complete: bool
    faults: tuple[Fault, ...]
    backups: tuple[Checked, ...]

    @property
    def invalid(self) -> tuple[str, ...]:
        """Backups that cannot be restored as they are."""
        return tuple(
            each.label for each in self.backups if each.status in ("invalid", "manifest missing")
        )


def read_verify(text: str) -> Verification:
    """Read all that `verify --verbose` logs at the level of details."""
    backups = tuple(
        Checked(found["label"], found["status"], int(found["checked"]), int(found["valid"]))
        for found in _BACKUP.finditer(text)
    )
    status = _STATUS.search(text)
    faults = tuple(dict.fromkeys((*_files(text), *_statuses(backups), *_general(text))))
    if status and status[1] != "ok" and all(fault.spared for fault in faults):
        faults += (Fault("repository", "verify calls it faulty in words that are not known here"),)
    return Verification(status is not None, faults, backups)


def unseen(
    verification: Verification,
    stanza: Stanza,
    archives: Collection[Archive],
    segment_bytes: int,
    archived: str = "",
) -> Iterator[Fault]:
    """What `verify` does not look for. `archived` is the newest segment that Postgres was told
    to be archived, if that is known.
    """
    if not verification.complete:
        return
    seen = {each.label for each in verification.backups}
    for backup in stanza.backups:
        if backup.label not in seen:
            yield Fault(backup.label, "the whole backup is gone", backup.label)
        if backup.damaged_pages:
            what = "holds pages whose checksums were wrong when they were copied"
            yield Fault(backup.label, what, backup.label)
    for hole in _holes(stanza, archives, segment_bytes, archived):
        first, last = (
            Segment(hole.timeline, number).name(segment_bytes) for number in (hole.first, hole.last)
        )
        many = "is not in the archive" if hole.count == 1 else f"to {last} are not in the archive"
        yield Fault(first, many)
    for archive in archives:
        for timeline in sorted(archive.without_history):
            yield Fault(f"{archive.id}/{timeline:08X}.history", "is not in the archive")


def _holes(
    stanza: Stanza, archives: Collection[Archive], segment_bytes: int, archived: str
) -> tuple[Span, ...]:
    """Of the present server's archive: an earlier one's is not continued."""
    newest = tuple(archives)[-1:]
    there = newest[0].numbered(segment_bytes) if newest else frozenset()
    told = {Segment.of(archived, segment_bytes)} if archived else set()
    return holes(there, [each.span(segment_bytes) for each in stanza.backups], told)


def _files(text: str) -> Iterator[Fault]:
    for found in _FILE.finditer(text):
        label = found["file"].split("/", 1)[0]
        backup = label if re.fullmatch(_LABEL, label) else ""
        yield Fault(found["file"], found["what"] + (found["more"] or ""), backup)
    for found in _DUPLICATE.finditer(text):
        yield Fault(f"{found['archive']}/{found['file']}", "there are two different files for it")


def _statuses(backups: Collection[Checked]) -> Iterator[Fault]:
    for each in backups:
        if each.status == "manifest missing":
            yield Fault(each.label, "its manifest is gone", each.label)
        elif each.status == "invalid":
            lost = each.files - each.valid_files
            what = f"{lost} of {each.files} files are unusable" if lost else "manifest is unusable"
            yield Fault(each.label, what, each.label)


def _general(text: str) -> Iterator[Fault]:
    general = [found["what"] for found in _GENERAL.finditer(text)]
    details = [found["what"] for found in _DETAIL.finditer(text)]
    if len(general) > 1 and all(_KEY.search(each) for each in details):
        yield Fault("repository", Trouble.KEY)
        return
    for what in (*general, *(found["what"] for found in _OTHER.finditer(text))):
        yield Fault("repository", what)
    if not general:
        yield from _copies(text, details)


def _copies(text: str, details: Collection[str]) -> Iterator[Fault]:
    """One of two equal files is gone or unreadable. An unfinished backup has no manifest yet."""
    running = [found["label"] for found in _BACKUP.finditer(text) if "progress" in found["status"]]
    for what in details:
        if not _ORDINARY.match(what) and not any(label in what for label in running):
            path = _PATH.search(what)
            readable = "".join(letter if letter.isprintable() else "?" for letter in what)
            yield Fault(path["file"] if path else "repository", readable[:_LONGEST], spared=True)
