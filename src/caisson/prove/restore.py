"""Can a store be restored? Only a restore that was run shows it; a declaration can refute it.

It is refuted where there is no backup, where the newest one lacks more than was promised, and
where it is gone before a restore of it was run. Where everything lies that a restore needs is
part of the derivation.
"""

from collections.abc import Iterator

from caisson.estate.model import Backup, Estate, Restore, Store
from caisson.estate.sources import Sources
from caisson.prove.findings import Findings
from caisson.prove.judgement import judged, matches_nothing, span
from caisson.prove.model import Fact, Verdict
from caisson.prove.recovery_path import recovery_path
from caisson.topology.model import Kind, Source, Topology


def decide(
    promise: Restore, source: Source, topology: Topology, estate: Estate, sources: Sources
) -> tuple[Verdict, ...]:
    """Return one verdict for each set of copies of the store."""
    store = estate.stores.get(promise.restore)
    subjects = _subjects(promise.restore, topology)
    if store is None or not subjects:
        return (
            matches_nothing(
                promise.name,
                promise.restore,
                source,
                f"no environment has the store {promise.restore}",
                f"declare the store {promise.restore} and an environment, or take the promise back",
            ),
        )
    said = _said(promise, store, sources)
    return tuple(_of_subject(promise, source, each, said, topology) for each in subjects)


def _subjects(store: str, topology: Topology) -> tuple[str, ...]:
    """The replica sets of the store, or where it is not replicated, its components."""
    sets = tuple(each.id for each in topology.replica_sets if each.store == store)
    return sets or tuple(
        each.id for each in topology.components if (each.kind, each.name) == (Kind.STORE, store)
    )


def _of_subject(
    promise: Restore, source: Source, subject: str, said: Findings, topology: Topology
) -> Verdict:
    path = recovery_path(topology, subject)
    where = (*path.where(), *path.fates()) if path else ()
    unknown = "its time is not" if promise.rpo is None else "neither its time nor what it lacks is"
    run = Fact(f"no restore of {subject} was run, so {unknown} known", source)
    return judged(
        promise.name,
        subject,
        source,
        why=(*said.why, *where),
        against=said.against,
        open_questions=(*((path.machine(),) if path else ()), *said.open, run),
        remedy=said.remedy or f"restore {subject} once and have its data checked",
    )


def _said(promise: Restore, store: Store, sources: Sources) -> Findings:
    """Return what is declared of the store, in whatever place a copy of it is."""
    name = promise.restore
    if store.backup is not None:
        return _of_backup(promise, store, store.backup, sources)
    if store.rebuildable:
        text = f"{name} has no backup; it is rebuildable"
        return Findings(why=(Fact(text, sources.at("stores", name, "rebuildable")),))
    text = f"{name} has no backup and is not rebuildable: there is nothing to restore"
    declared = sources.at("stores", name)
    return Findings(
        against=(Fact(text, declared),), remedy=f"declare `backup` for {name}, at {declared}"
    )


def _of_backup(promise: Restore, store: Store, backup: Backup, sources: Sources) -> Findings:
    name = promise.restore
    declared = sources.at("stores", name, "backup")
    wal = f", its WAL archived within {span(backup.wal_s)}" if backup.wal_s is not None else ""
    text = f"{name} is backed up every {span(backup.every)}{wal}, kept for {span(backup.keep)}"
    against = tuple(_refuted(promise, backup, sources))
    left_open: tuple[Fact, ...] = ()
    if not store.questions:
        unasked = f"{name} has no questions, so that no restore of it can be judged"
        left_open = (Fact(unasked, declared),)
    remedy = f"add `questions` to {name}, at {declared}, and restore it once" if left_open else ""
    return Findings(
        why=(Fact(text, declared),),
        against=against,
        open=left_open,
        remedy=f"change `backup` of {name}, at {declared}, or promise less" if against else remedy,
    )


def _refuted(promise: Restore, backup: Backup, sources: Sources) -> Iterator[Fact]:
    path = ("stores", promise.restore, "backup")
    if promise.rpo is not None:
        key, lacks = ("every", backup.every) if backup.wal_s is None else ("wal", backup.wal_s)
        if lacks > promise.rpo:
            text = f"the newest that can be restored of {promise.restore} may lack {span(lacks)}"
            yield Fact(f"{text} (promised {span(promise.rpo)})", sources.at(*path, key))
    if backup.keep < promise.verified_every:
        text = f"a backup of {promise.restore} is gone after {span(backup.keep)}"
        often = f"a restore is run every {span(promise.verified_every)} only"
        yield Fact(f"{text}, and {often}: what is there was never restored", sources.at(*path))
