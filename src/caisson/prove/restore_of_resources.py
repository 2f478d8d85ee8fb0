"""Can resources be restored? A missing backup refutes it; only a restore that was run shows it."""

from collections.abc import Iterator, Sequence

from caisson.estate.model import Restore
from caisson.prove.certificate import Chain, Listed
from caisson.prove.gaps import settled_by
from caisson.prove.judgement import judged, matches_nothing, span
from caisson.prove.lasting import Lasting
from caisson.prove.model import Fact, Verdict
from caisson.prove.survival import Area, Copy, Loss
from caisson.prove.world import World
from caisson.topology.model import Source
from caisson.topology.resources import Holding


def decide(promise: Restore, source: Source, world: World) -> tuple[Verdict, ...]:
    """Return one verdict on each store."""
    lasting = Lasting(world, (promise.restore,))
    if not lasting.stores:
        text = f"nothing that keeps data for good was read for {promise.restore}"
        remedy = "write the address, type or pattern of something that keeps data"
        return (matches_nothing(promise.name, promise.restore, source, text, remedy),)
    return tuple(_of_store(promise, source, lasting, each) for each in lasting.stores)


def _of_store(promise: Restore, source: Source, lasting: Lasting, store: Holding) -> Verdict:
    copies = Loss(lasting.world, Area.STORE, store).copies()
    usable = [each for each in copies if each.serves is not False]
    gaps = lasting.adding.facts((store.id, store.resource))
    against: tuple[Fact, ...] = ()
    decided = not gaps and store.sure and not store.rebuildable
    if decided and not usable:
        text = f"{store.id} has no backup that outlives it: there is nothing to restore"
        against = (Fact(text, store.source), *(fact for each in copies for fact in each.doubts))
    elif decided and promise.rpo is not None:
        against = tuple(_too_old(usable, promise.rpo))
    doubts = tuple(fact for each in usable[:1] for fact in each.doubts)
    unknown = "its time is not" if promise.rpo is None else "neither its time nor what it lacks is"
    time = Fact(f"no restore of {store.id} was run, so {unknown} known", source)
    return judged(
        promise.name,
        store.id,
        source,
        why=tuple(_backed_up(store, each) for each in usable[:1]),
        against=against,
        open_questions=(*doubts, *gaps, time),
        remedy=_remedy(store, usable, against, gaps),
        certificate=_certificate(store, usable),
    )


def _backed_up(store: Holding, copy: Copy) -> Fact:
    if not copy.path:
        return Fact(f"{store.id} keeps older states of what it holds", store.source)
    last = copy.path[-1]
    return Fact(f"{store.id} can be restored from {copy.holding}: {last.via}", last.declared)


def _too_old(usable: Sequence[Copy], rpo_s: float) -> Iterator[Fact]:
    """Say of each copy how old it may be, when none can be as new as was promised."""
    if all(each.least_s > rpo_s for each in usable):
        for each in usable:
            text = f"{each.holding} may be {span(each.least_s)} old (promised {span(rpo_s)})"
            yield Fact(text, each.path[-1].declared)


def _remedy(
    store: Holding, usable: Sequence[Copy], against: Sequence[Fact], gaps: Sequence[Fact]
) -> str:
    if against:
        if usable:
            return f"back {store.resource} up more often, or continuously"
        return f"back {store.resource} up, and keep the backups when it is deleted"
    if gaps:
        return settled_by(gaps)
    return f"restore {store.id} once and have its data checked"


def _certificate(store: Holding, usable: Sequence[Copy]) -> Chain | Listed:
    if usable:
        return Chain((store.id, *(each.target for each in usable[0].path)))
    return Listed(((store.id, "versioned", str(store.versioned)),))
