"""Can a store be restored? Only a restore that was run shows it; a missing backup refutes it."""

from caisson.estate.model import Estate, Restore, Store
from caisson.estate.sources import Sources
from caisson.prove.judgement import judged, matches_nothing
from caisson.prove.model import Fact, Verdict
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
    return tuple(_of_store(promise, source, subject, store, sources) for subject in subjects)


def _subjects(store: str, topology: Topology) -> tuple[str, ...]:
    """The replica sets of the store, or where it is not replicated, its components."""
    sets = tuple(each.id for each in topology.replica_sets if each.store == store)
    return sets or tuple(
        each.id for each in topology.components if (each.kind, each.name) == (Kind.STORE, store)
    )


def _of_store(
    promise: Restore, source: Source, subject: str, store: Store, sources: Sources
) -> Verdict:
    declared = sources.at("stores", promise.restore)
    why: tuple[Fact, ...] = ()
    against: tuple[Fact, ...] = ()
    if store.backup is not None:
        text = f"{promise.restore} is backed up every {store.backup.every:g} s"
        why = (Fact(text, sources.at("stores", promise.restore, "backup")),)
    elif store.rebuildable:
        text = f"{promise.restore} has no backup; it is rebuildable"
        why = (Fact(text, sources.at("stores", promise.restore, "rebuildable")),)
    else:
        text = (
            f"{promise.restore} has no backup and is not rebuildable: there is nothing to restore"
        )
        against = (Fact(text, declared),)
    return judged(
        promise.name,
        subject,
        source,
        why=why,
        against=against,
        open_questions=(
            Fact(f"no restore of {subject} was run, so its time is not known", source),
        ),
        remedy=f"declare `backup` for {promise.restore}, at {declared}"
        if against
        else f"restore {subject} once and have its data checked",
    )
