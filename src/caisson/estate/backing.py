"""Checks of what an estate says of backups: what excludes itself, and what nobody could keep.

Like `caisson.estate.references`, they read the document, and values of the wrong type are passed
over here.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import chain

from caisson.estate.backups import QUESTION_KINDS, REPOSITORY, parse_wal
from caisson.estate.buckets import BucketRefused, masked, parse_bucket
from caisson.estate.declared import parse_duration
from caisson.estate.document import Document, Plain
from caisson.estate.mistakes import Mistake, did_you_mean, listed, shortened
from caisson.estate.redis_commands import parse_command
from caisson.estate.sources import KeyPath, Sources
from caisson.estate.validation import dotted

# Systems whose every change can be kept, and those of which none can; Memcached has no backups.
_WITH_WAL, _WITHOUT_WAL = ("postgres", "files"), ("redis", "opensearch")
_WITHOUT_SQL = _WITHOUT_ROWS = ("redis", "memcached", "opensearch", "files")
_Table = Mapping[str, Plain]


def check(document: Document, sources: Sources) -> Iterator[Mistake]:
    """Every mistake in what is said of backups."""
    found = chain(
        _places(document),
        _buckets(document),
        _buckets_twice(document),
        _times(document),
        _systems(document),
        _tenants(document),
        _questions(document),
    )
    for path, what, remedy in found:
        yield Mistake(sources.at(*path), f"{dotted(path)}{what}", remedy)


_Wrong = Iterator[tuple[KeyPath, str, str]]


def _places(document: Document) -> _Wrong:
    """A repository elsewhere would lead data out of its jurisdiction, whatever is promised."""
    regions = dict(document.tables("regions"))
    for name, place in document.tables("backups"):
        region = place.get("in")
        owner = regions.get(region, {}).get("jurisdiction") if isinstance(region, str) else None
        if isinstance(owner, str) and owner != name:
            what = f"the region `{shortened(str(region))}` belongs to `{shortened(owner)}`"
            own = [each for each, one in regions.items() if one.get("jurisdiction") == name]
            remedy = f"write one of {listed(own)}" if own else "declare a region of it first"
            yield ("backups", name, "in"), f"{what}: the data would leave its jurisdiction", remedy


def _buckets(document: Document) -> _Wrong:
    """What a URL asks for that its kind of bucket does not have."""
    for name, place in document.tables("backups"):
        written = place.get("repository")
        if isinstance(written, str) and "://" in written and re.match(REPOSITORY, written):
            try:
                parse_bucket(written)
            except BucketRefused as refused:
                yield ("backups", name, "repository"), refused.what, refused.remedy


def _buckets_twice(document: Document) -> _Wrong:
    """One bucket lies in one region, and so in one jurisdiction."""
    first: dict[str, str] = {}
    for name, place in document.tables("backups"):
        written = place.get("repository")
        if not isinstance(written, str) or "://" not in written:
            continue
        bucket = "/".join(written.partition("?")[0].split("/")[:3])
        if (other := first.setdefault(bucket, name)) != name:
            shown = shortened(masked(bucket))
            what = f"the bucket `{shown}` has the backups of `{shortened(other)}` too"
            remedy = "give each jurisdiction a bucket in a region of its own"
            yield ("backups", name, "repository"), what, remedy


# Times


def _backed_up(document: Document) -> Iterator[tuple[str, _Table, _Table]]:
    for name, store in document.tables("stores"):
        if isinstance(backup := store.get("backup"), Mapping):
            yield name, store, backup


def _times(document: Document) -> _Wrong:
    for name, _, backup in _backed_up(document):
        path = ("stores", name, "backup")
        every, keep = _seconds(backup.get("every")), _seconds(backup.get("keep"))
        locked = _seconds(backup.get("locked"))
        wal = _seconds(backup.get("wal"), parse_wal)
        if every == 0:
            yield (*path, "every"), "there is no time between two backups", "write 1d"
        if wal == 0:
            what = "WAL is archived some time after it was written"
            yield (*path, "wal"), what, "write a time such as 1m, or true"
        if every and wal and wal > every:
            what = f"the WAL would be older than the newest backup, {backup['every']}"
            yield (*path, "wal"), what, f"write less than {backup['every']}, or leave it out"
        if every and keep is not None and every > keep:
            what = f"a backup is gone after {backup['keep']}, before the next one is made"
            remedy = f"write {backup['keep']} or less, or keep backups for longer"
            yield (*path, "every"), what, remedy
        if locked and keep is not None and locked > keep:
            what = f"a backup is kept for {backup['keep']}, and cannot be locked for longer"
            yield (*path, "locked"), what, f"lock for {backup['keep']} at most"


def _seconds(
    written: Plain, parse: Callable[[object], float | None] = parse_duration
) -> float | None:
    try:
        return parse(written)
    except ValueError:
        return None


# Systems


def _systems(document: Document) -> _Wrong:
    for name, store, backup in _backed_up(document):
        path, system = ("stores", name, "backup"), store.get("system")
        if system == "memcached":
            rebuildable = "" if store.get("rebuildable") else " and write `rebuildable: true`"
            what = "memcached keeps nothing that could be backed up"
            yield path, what, f"leave `backup` out{rebuildable}"
        elif system in _WITHOUT_WAL and _seconds(backup.get("wal"), parse_wal):
            what = f"{system} has no WAL that could be kept"
            yield (*path, "wal"), what, f"leave `wal` out; {listed(_WITH_WAL)} can have it"


def _tenants(document: Document) -> _Wrong:
    for name, store in document.tables("stores"):
        if store.get("tenant") is not None and store.get("system") in _WITHOUT_ROWS:
            what = f"{store['system']} has no columns that could say whose a row is"
            yield ("stores", name, "tenant"), what, "leave `tenant` out; postgres can have it"


# Questions


def _questions(document: Document) -> _Wrong:
    for name, store in document.tables("stores"):
        questions = store.get("questions")
        if not isinstance(questions, list) or not questions:
            continue
        path = ("stores", name, "questions")
        if store.get("backup") is None:
            what = "are asked of restored copies, and nothing of this store is backed up"
            yield path, what, "add `backup: {every: 1d, keep: 35d}`, or leave them out"
        for position, each in enumerate(questions):
            if isinstance(each, Mapping):
                yield from _asked(document, (name, store), each, (*path, position))


def _asked(
    document: Document, store: tuple[str, _Table], question: _Table, path: KeyPath
) -> _Wrong:
    name, said = store
    system = said.get("system")
    if sum(key in question for key, _ in QUESTION_KINDS) > 1:
        return
    if "sql" in question and system in _WITHOUT_SQL:
        what = f"{system} takes no SQL; postgres does"
        commands = "`command`, " if system == "redis" else ""
        yield (*path, "sql"), what, f"ask by {commands}`get` or by `writes of`"
    if "command" in question:
        yield from _commanded(system, question["command"], (*path, "command"))
    if "get" in question:
        yield from _requested(document, name, question, path)
    if isinstance(service := question.get("writes of"), str):
        yield from _probed(document, name, service, (*path, "writes of"))


def _commanded(system: Plain, written: Plain, path: KeyPath) -> _Wrong:
    """A question must not change what it asks."""
    if system != "redis":
        remedy = "ask by `sql`" if system == "postgres" else "ask by `get` or by `writes of`"
        yield path, f"{system} takes no command of Redis", remedy
        return
    try:
        wrong = parse_command(written).why_not()
    except ValueError:
        return
    if wrong:
        what, remedy = wrong
        yield path, what, remedy


def _users(document: Document, store: str, access: tuple[str, ...]) -> list[str]:
    return [
        name
        for name, service in document.tables("services")
        if isinstance(uses := service.get("uses"), Mapping) and uses.get(store) in access
    ]


def _requested(document: Document, store: str, question: _Table, path: KeyPath) -> _Wrong:
    users, of = _users(document, store, ("read", "write")), question.get("of")
    if isinstance(of, str) and of in document.section("services") and of not in users:
        what = f"the service `{shortened(of)}` does not use this store"
        yield (*path, "of"), what, did_you_mean(of, users)
    if of is None and not users:
        what = "no service uses this store that could answer"
        yield (*path, "get"), what, "let one use it, or leave the question out"
    if of is None and len(users) > 1:
        what = f"several services use this store: {listed(users)}"
        yield (*path, "get"), what, f"say which one answers, such as `of: {users[0]}`"


def _probed(document: Document, store: str, service: str, path: KeyPath) -> _Wrong:
    """Only what a probe writes, and through its service into this store, can be asked for."""
    services = document.section("services")
    declared = services.get(service)
    if not isinstance(declared, Mapping):
        return
    if declared.get("probe") is None:
        probed = [each for each, one in document.tables("services") if one.get("probe")]
        remedy = f"name one of {listed(probed)}" if probed else f"give {shortened(service)} one"
        yield path, f"the service `{shortened(service)}` has no probe that writes", remedy
    elif service not in (writers := _users(document, store, ("write",))):
        what = f"the service `{shortened(service)}` does not write into this store"
        remedy = did_you_mean(service, writers) if writers else "leave the question out"
        yield path, what, remedy
