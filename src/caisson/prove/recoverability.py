"""Recoverability: whether what is in a region lives on elsewhere when the region is lost.

A declaration can break this promise: a single copy, a service that runs nowhere else, an RPO
that asynchronous replication cannot give. It can never show that it holds, for how far a
standby is behind and how long a failover takes are measured.

Backups outside of the region are a copy of the data too. They serve nobody until they are
restored, for which a site of the jurisdiction must be left.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from caisson.estate.model import Estate, LoseRegion
from caisson.estate.sources import Sources
from caisson.prove.judgement import judged, matches_nothing, place, span
from caisson.prove.model import Fact, Verdict
from caisson.prove.recovery_path import RecoveryPath, recovery_path
from caisson.topology.model import (
    Component,
    FlowKind,
    Kind,
    ReplicaSet,
    Site,
    Source,
    Topology,
)
from caisson.topology.passes.movements import waits_for_standby
from caisson.topology.query import Index


@dataclass(frozen=True, slots=True)
class _World:
    """The topology, arranged for the questions asked of each site."""

    topology: Topology
    rebuildable: Mapping[str, Source]
    index: Index
    replica_sets_of: Mapping[str, Sequence[ReplicaSet]]  # by member
    of_environment: Mapping[str, Sequence[Component]]
    senders: Mapping[str, Sequence[str]]  # of requests, by where they arrive


@dataclass(frozen=True, slots=True)
class _Loss:
    """One site, as lost."""

    promise: LoseRegion
    site: Site
    world: _World

    def surviving(self, kind: Kind) -> Iterator[Component]:
        """Yield what is in this jurisdiction of this environment, and not in the region."""
        for each in self.world.of_environment[self.site.environment]:
            if (
                each.kind is kind
                and each.jurisdiction == self.site.jurisdiction
                and each.region != self.site.region
            ):
                yield each


@dataclass(frozen=True, slots=True)
class _Findings:
    why: tuple[Fact, ...] = ()
    against: tuple[Fact, ...] = ()
    unanswered: tuple[Fact, ...] = ()


def decide(
    promise: LoseRegion, source: Source, topology: Topology, estate: Estate, sources: Sources
) -> tuple[Verdict, ...]:
    """Return one verdict for each site, as what its loss would do."""
    world = _world(topology, estate, sources)
    verdicts = tuple(
        _of_site(_Loss(promise, site, world), source)
        for site in topology.sites
        if any(each.kind is not Kind.EDGE for each in world.index.components_of[site.id])
    )
    return verdicts or (
        matches_nothing(
            promise.name,
            topology.estate,
            source,
            "nothing runs in any region",
            "declare regions, and stores or services in them",
        ),
    )


def _world(topology: Topology, estate: Estate, sources: Sources) -> _World:
    replica_sets_of: dict[str, list[ReplicaSet]] = defaultdict(list)
    for each in topology.replica_sets:
        for member in each.members:
            replica_sets_of[member].append(each)
    of_environment: dict[str, list[Component]] = defaultdict(list)
    for component in topology.components:
        of_environment[component.environment].append(component)
    senders: dict[str, list[str]] = defaultdict(list)
    for flow in topology.flows:
        if flow.kind is FlowKind.REQUEST:
            senders[flow.target].append(flow.source)
    rebuildable = {
        name: sources.at("stores", name, "rebuildable")
        for name, store in estate.stores.items()
        if store.rebuildable
    }
    index = Index.of(topology)
    return _World(topology, rebuildable, index, replica_sets_of, of_environment, senders)


def _of_site(loss: _Loss, source: Source) -> Verdict:
    findings = tuple(_findings(loss))
    against = tuple(fact for each in findings for fact in each.against)
    return judged(
        loss.promise.name,
        loss.site.id,
        source,
        why=tuple(fact for each in findings for fact in each.why),
        against=against,
        open_questions=(
            *(fact for each in findings for fact in each.unanswered),
            _time(loss.promise, source),
        ),
        remedy=_remedy(loss, against),
    )


def _time(promise: LoseRegion, source: Source) -> Fact:
    return Fact(
        f"how long it takes until service is back (promised {promise.rto:g} s) is not decided "
        "by a declaration",
        source,
    )


def _remedy(loss: _Loss, against: tuple[Fact, ...]) -> str:
    if not against:
        return f"run `caisson drill lose-region {loss.site.region}`"
    places = ", ".join(dict.fromkeys(str(fact.source) for fact in against if fact.source))
    return (
        "give what is lost a second copy in another region of "
        f"{loss.site.jurisdiction or 'a jurisdiction'}, replicated so that the RPO can be kept, "
        f"or promise less: see {places}"
    )


def _findings(loss: _Loss) -> Iterator[_Findings]:
    for component in loss.world.index.components_of[loss.site.id]:
        match component.kind:
            case Kind.STORE:
                yield from _of_store(loss, component)
            case Kind.SERVICE:
                yield _of_service(loss, component)
            case Kind.PROXY:
                yield _of_proxy(loss, component)
            case Kind.EDGE:
                pass
    yield from _of_edges(loss)


def _of_store(loss: _Loss, component: Component) -> Iterator[_Findings]:
    if component.name in loss.world.rebuildable:
        text = f"{component.id} is rebuildable: its loss loses no data"
        yield _Findings(why=(Fact(text, loss.world.rebuildable[component.name]),))
        return
    sets = loss.world.replica_sets_of.get(component.id, ())
    if not sets:
        text = f"{component.id} is lost and no other copy follows it; it is not rebuildable"
        yield _Findings(against=(Fact(text, component.source),))
    for each in sets:
        yield _of_member(loss, component, each)


def _of_member(loss: _Loss, component: Component, replica_set: ReplicaSet) -> _Findings:
    components = loss.world.index.component
    others = [
        components[member]
        for member in replica_set.members
        if member != component.id and member in components
    ]
    staying = [each for each in others if _stands_by(loss, replica_set, each)]
    path = recovery_path(loss.world.topology, replica_set.id)
    if staying:
        found = _data_lost(loss, component, replica_set, staying)
        return replace(found, why=(*found.why, *_history(loss, path)))
    if path and _is_left(loss, path):
        return _only_backups_left(loss, path)
    history = _history(loss, path)
    return _Findings(against=(*_no_copy_left(component, replica_set, others), *history))


def _is_left(loss: _Loss, path: RecoveryPath) -> bool:
    """Whether the backups outlive the region, in the jurisdiction whose data they are."""
    there = path.repository
    return there.region != loss.site.region and there.lies_in == there.jurisdiction


def _history(loss: _Loss, path: RecoveryPath | None) -> Iterator[Fact]:
    """Say what becomes of the backups: with them goes the way back to an older state."""
    if path is not None:
        there = path.repository
        lies = "outside of the region" if there.region != loss.site.region else "lost with it"
        text = f"the backups of {path.replica_set.id} are {lies}, in {there.region}"
        law = "" if there.lies_in == there.jurisdiction else f", outside of {there.jurisdiction}"
        yield Fact(text + law, there.source)


def _only_backups_left(loss: _Loss, path: RecoveryPath) -> _Findings:
    """Say what the backups are worth: how much they lack, and whether they can be restored."""
    name, lacks = path.replica_set.id, path.backed_up.newest_lacks_s
    left = f"of {name} only backups are left, in {path.repository.region}"
    source = path.backed_up.source
    against: list[Fact] = []
    if lacks > loss.promise.rpo:
        text = f"{left}, which may lack {span(lacks)} (promised {span(loss.promise.rpo)})"
        against.append(Fact(text, source))
    if not _sites_left(loss):
        text = f"no site of {loss.site.jurisdiction} is left into which {name} could be restored"
        against.append(Fact(text, path.replica_set.source))
    measured = Fact(
        f"{left}; how much these lack, and how long a restore takes, is measured", source
    )
    return _Findings(why=tuple(path.where()), against=tuple(against), unanswered=(measured,))


def _sites_left(loss: _Loss) -> bool:
    here = loss.site
    return any(
        (each.environment, each.jurisdiction) == (here.environment, here.jurisdiction)
        and each.region != here.region
        for each in loss.world.topology.sites
    )


def _stands_by(loss: _Loss, replica_set: ReplicaSet, other: Component) -> bool:
    """Whether `other` outlives the region, in the jurisdiction whose data it keeps."""
    return (
        other.region != loss.site.region
        and other.environment == replica_set.environment
        and other.jurisdiction == replica_set.jurisdiction
    )


def _no_copy_left(
    component: Component, replica_set: ReplicaSet, others: list[Component]
) -> Iterator[Fact]:
    yield Fact(
        f"{component.id} is lost, and {replica_set.id} has no other copy in another region "
        f"of {replica_set.jurisdiction}",
        replica_set.source,
    )
    for other in others:
        yield Fact(f"its other copy is {place(other)}", other.source)


def _data_lost(
    loss: _Loss, component: Component, replica_set: ReplicaSet, staying: list[Component]
) -> _Findings:
    lives_on = Fact(
        f"{replica_set.id} lives on in {', '.join(each.id for each in staying)}",
        replica_set.source,
    )
    if component.id != replica_set.primary:
        standby = Fact(f"{component.id} is a standby: its loss loses no data", replica_set.source)
        return _Findings(why=(lives_on, standby))
    if waits_for_standby(replica_set):
        waits = Fact(
            f"{replica_set.id} replicates synchronously: what was acknowledged is in the standby",
            replica_set.source,
        )
        return _Findings(why=(lives_on, waits))
    behind = (
        f"{replica_set.id} ({replica_set.system}) acknowledges a write before the standby has it"
    )
    if loss.promise.rpo == 0:
        text = f"{behind}, so the loss of {component.id} can lose data; promised: none"
        return _Findings(why=(lives_on,), against=(Fact(text, replica_set.source),))
    text = f"{behind}; how far the standby is behind (promised {loss.promise.rpo:g} s) is measured"
    return _Findings(why=(lives_on,), unanswered=(Fact(text, replica_set.source),))


def _of_service(loss: _Loss, component: Component) -> _Findings:
    staying = [each for each in loss.surviving(Kind.SERVICE) if each.name == component.name]
    if staying:
        text = f"{component.name} runs in {', '.join(each.id for each in staying)} too"
        return _Findings(why=(Fact(text, component.source),))
    text = (
        f"{component.id} is lost, and {component.name} runs in no other region "
        f"of {component.jurisdiction or 'its jurisdiction'}"
    )
    return _Findings(against=(Fact(text, component.source),))


def _of_proxy(loss: _Loss, component: Component) -> _Findings:
    staying = [each for each in loss.surviving(Kind.PROXY) if _is_sent_requests(loss, each)]
    if staying:
        text = f"requests can go by {', '.join(each.id for each in staying)} instead"
        return _Findings(why=(Fact(text, component.source),))
    text = f"{component.id} is lost, and no other way leads into {component.jurisdiction}"
    return _Findings(against=(Fact(text, component.source),))


def _is_sent_requests(loss: _Loss, proxy: Component) -> bool:
    """Whether requests arrive there that do not come by way of what is lost."""
    components = loss.world.index.component
    senders = (components.get(name) for name in loss.world.senders.get(proxy.id, ()))
    return any(sender is None or sender.site != loss.site.id for sender in senders)


def _of_edges(loss: _Loss) -> Iterator[_Findings]:
    for each in loss.world.of_environment[loss.site.environment]:
        if each.kind is Kind.EDGE and each.site == loss.site.id:
            yield _Findings(against=(Fact(f"{each.id} is lost with the region", each.source),))
        elif each.kind is Kind.EDGE:
            yield _Findings(why=(Fact(f"{each.id} is outside of the region", each.source),))
