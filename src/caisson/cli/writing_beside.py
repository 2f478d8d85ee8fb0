"""Lets the probe write while a restore is drilled, so that it is known what the copy lacks."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from caisson.cli.client import Client
from caisson.cli.probed import edge_of, writes_ledger
from caisson.cli.views.progress import Progress
from caisson.drill.probe import Writer
from caisson.drill.writing import Writing
from caisson.estate.loading import Loaded
from caisson.estate.model import Store, WritesQuestion
from caisson.state.writes import Run
from caisson.targets.local.layout import Layout

_PER_SECOND = 20.0
_LEAD_S = 3.0


@contextmanager
def writing_beside(
    client: Client, loaded: Loaded, layout: Layout, replica_set: str, progress: Progress
) -> Iterator[None]:
    """Write through the public edge while something is done to `replica_set`.

    Nothing is written where no question is about writes, or nobody could write like a user.
    """
    writing = _writing(client, loaded, layout, replica_set, progress)
    if writing is None:
        yield
        return
    with writing:
        yield
    if writing.problem:
        progress.say(f"the probe: {writing.problem}")


def _writing(
    client: Client, loaded: Loaded, layout: Layout, replica_set: str, progress: Progress
) -> Writing | None:
    environment, jurisdiction, name = _parts(replica_set)
    store = loaded.estate.stores.get(name)
    service = _asked_for(loaded, store) if store else None
    if store is None or service is None:
        return None
    tenants = [n for n, tenant in loaded.estate.tenants.items() if tenant.home == jurisdiction]
    edge = edge_of(client.snapshot(), environment)
    folder = writes_ledger(loaded, layout, environment, service)
    probe = loaded.estate.services[service].probe
    if not tenants or edge is None or folder is None or probe is None:
        progress.say(f"nobody can write like a user of {service}: what a copy lacks is not known")
        return None
    lead_s = _lead_s(store, first=not any(folder.glob("*.jsonl")))
    progress.say(f"the probe of {service} writes, for {lead_s:.0f} s before anything is restored")
    run = Run(folder, f"{time.time():.0f}-restore-drill")
    return Writing(Writer(edge, probe, tenants, _PER_SECOND), run, lead_s)


def _parts(replica_set: str) -> tuple[str, str, str]:
    environment, _, rest = replica_set.partition("/")
    jurisdiction, _, store = rest.partition("/")
    return environment, jurisdiction, store


def _asked_for(loaded: Loaded, store: Store) -> str | None:
    """The public service whose writes are asked for, if there is one."""
    for each in store.questions:
        if isinstance(each, WritesQuestion) and loaded.estate.services[each.writes_of].public:
            return each.writes_of
    return None


def _lead_s(store: Store, *, first: bool) -> float:
    """A write that can be asked for is in the archive: the first ones wait until they are."""
    wal_s = store.backup.wal_s if store.backup else None
    return _LEAD_S + (wal_s or 0.0) if first else _LEAD_S
