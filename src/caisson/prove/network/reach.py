"""Who can open a connection to whom, on which ports: decided for every pair of a network.

    network → Index → a Part per VPC → a Block per pair of VPCs that routes may join → Reach

Everything is decided twice: `may` in the network's widest form, `must` in its narrowest.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property, reduce
from operator import or_

import numpy as np

from caisson.prove.network.addresses import UnknownAddressError
from caisson.prove.network.blocks import Block, Facing, block, facing
from caisson.prove.network.index import Index
from caisson.prove.network.leads import leads_of, neighbourhood, worlds_of
from caisson.prove.network.outside import Outside
from caisson.prove.network.parts import Part, edges_of, part_of
from caisson.prove.network.ports import NO_CONNECTION, Connections
from caisson.prove.network.rules import Numbering, Numbers
from caisson.topology.network import Network

_Home = tuple[str, int]  # VPC and slot


class Reach:
    """The connections of one network. Blocks are decided when first asked for, and kept."""

    def __init__(
        self,
        index: Index,
        numbers: Numbering,
        parts: dict[str, Part],
        leads: Mapping[str, set[str] | None],
    ) -> None:
        self.index, self.parts = index, parts
        self._numbers = numbers
        self._blocks: dict[tuple[str, str], Block] = {}
        self._waiting: dict[tuple[str, str], Facing] = {}  # for the other direction
        self._outsides: dict[tuple[str, str | None, bool], Mapping[int, Connections]] = {}
        self._leads = leads
        self._worlds: dict[str, set[str]] = {}
        self._homes: dict[str, list[_Home]] = defaultdict(list)
        for vpc, part in parts.items():
            for slot, owners in enumerate(part.points.owners):
                for owner in owners:
                    self._homes[owner].append((vpc, slot))

    @classmethod
    def of(cls, network: Network) -> "Reach":
        """Make a network ready to be asked."""
        index, numbers = Index(network), Numbering()
        maker = _Maker(index, numbers)
        parts = {vpc: maker.part(vpc) for vpc in index.interfaces}
        return cls(index, numbers, parts, {vpc: leads_of(vpc, index) for vpc in parts})

    def narrowed(self, network: Network) -> "Reach":
        """Return the same for a network of which only groups and ACLs permit less.

        What told points apart may be gone. ACLs that let the same pass must still be alike.
        """
        index = Index(network, self.index.codes)
        parts = {vpc: part.ruled_by(index, self._numbers) for vpc, part in self.parts.items()}
        return Reach(index, self._numbers, parts, self._leads)

    def updated(self, network: Network, changed: Collection[str]) -> "Reach":
        """Return the same for a network in which only things of the VPCs `changed` differ.

        What lies between VPCs (peerings, transit gateways) must be the same. Only what these
        VPCs touch is decided again.
        """
        try:
            return self._updated(network, set(changed))
        except UnknownAddressError:  # an IPv6 bound that is new moves the codes of all others
            return Reach.of(network)

    def _updated(self, network: Network, changed: set[str]) -> "Reach":
        index = Index(network, self.index.codes)
        maker = _Maker(index, self._numbers)
        divided = {
            vpc
            for vpc, part in self.parts.items()
            if any(part.points.are_cut(edges_of(each, index)) for each in self._near(vpc) & changed)
        }
        stale = changed | divided
        parts = {
            vpc: self.parts[vpc] if vpc in self.parts and vpc not in stale else maker.part(vpc)
            for vpc in index.interfaces
        }
        leads = {
            vpc: leads_of(vpc, index) if vpc in changed or vpc not in self._leads else known
            for vpc in parts
            for known in (self._leads.get(vpc),)
        }
        fresh = Reach(index, self._numbers, parts, leads)
        for pair, known in self._blocks.items():
            if stale.isdisjoint(pair) and set(pair) <= parts.keys():
                fresh._blocks[pair] = known
        if index.own_spans == self.index.own_spans:
            for key, open_to_all in self._outsides.items():
                if key[0] in parts and key[0] not in stale:
                    fresh._outsides[key] = open_to_all
        return fresh

    @property
    def owners(self) -> Collection[str]:
        """The ids of all that has an interface."""
        return self._homes.keys()

    def vpcs_of(self, owner: str) -> set[str]:
        return {vpc for vpc, _ in self._homes.get(owner, ())}

    def homes(self, owner: str) -> list[_Home]:
        """Return the VPC and the number of each slot of an owner."""
        return self._homes.get(owner, [])

    def between(self, source: str, target: str) -> Connections:
        """Return what `source` can open at `target`, each the id of an owner of interfaces."""
        found = NO_CONNECTION
        for one, slot in self.homes(source):
            for other, at in self.homes(target):
                known = self.block(one, other)
                if known and (entry := known.find(slot, at)) is not None:
                    found |= Connections(
                        known.ports(entry, sure=False), known.ports(entry, sure=True)
                    )
        return found

    def into(self, target: str) -> dict[str, Connections]:
        """Return all that can open something at `target`, and what."""
        found: dict[str, Connections] = defaultdict(Connections)
        for other, at in self.homes(target):
            for vpc in self.parts:
                if (known := self.block(vpc, other)) is None:
                    continue
                for entry in np.flatnonzero(known.target == at):
                    ports = Connections(
                        known.ports(int(entry), sure=False), known.ports(int(entry), sure=True)
                    )
                    for owner in self.parts[vpc].points.owners[int(known.source[entry])]:
                        found[owner] |= ports
        return found

    def from_internet(self, target: str) -> Connections:
        """Return what some public address, outside of the VPCs, can open at `target`."""
        return self._outside(target, None, inward=True)

    def to_internet(self, source: str) -> Connections:
        """Return what `source` can open at some public address."""
        return self._outside(source, None, inward=False)

    def from_worlds(self, target: str) -> dict[str, Connections]:
        """Return what may come from worlds that were not read, by what leads there."""
        worlds = {world for vpc in self.vpcs_of(target) for world in self._worlds_of(vpc)}
        found = {each: self._outside(target, each, inward=True) for each in sorted(worlds)}
        return {world: each for world, each in found.items() if each}

    def _worlds_of(self, vpc: str) -> set[str]:
        if vpc not in self._worlds:
            self._worlds[vpc] = worlds_of(vpc, self.index)
        return self._worlds[vpc]

    def _outside(self, owner: str, world: str | None, *, inward: bool) -> Connections:
        homes = self.homes(owner)
        found = [self._of_slots(vpc, world, inward).get(slot) for vpc, slot in homes]
        return reduce(or_, filter(None, found), NO_CONNECTION)

    def _of_slots(self, vpc: str, world: str | None, inward: bool) -> Mapping[int, Connections]:
        """Return what each slot of a VPC has to do with a world outside."""
        key = (vpc, world, inward)
        if key not in self._outsides:
            outside = Outside(self.parts[vpc], self.index, self._numbers, world)
            self._outsides[key] = outside.inward() if inward else outside.outward()
        return self._outsides[key]

    def pairs(
        self, wanted: Callable[[str, str], bool] = lambda _source, _target: True
    ) -> Iterator[tuple[Part, Part, Block]]:
        """Yield the blocks of all pairs of VPCs, if `wanted`, between which anything may pass."""
        for source in self.parts:
            for target in self._targets(source):
                known = self.block(source, target) if wanted(source, target) else None
                if known is not None and len(known.source):
                    yield self.parts[source], self.parts[target], known

    def block(self, source: str, target: str) -> Block | None:
        """Return the connections from one VPC to another; None when no route joins them."""
        if (source, target) not in self._blocks:
            if not self._joined(source, target):
                return None
            ends = self._facing(source, target), self._facing(target, source)
            self._blocks[source, target] = block(self.index, *ends)
        return self._blocks[source, target]

    def _facing(self, vpc: str, other: str) -> Facing:
        """Return a VPC as seen from another; each of the two directions asks for it once."""
        known = self._waiting.pop((vpc, other), None)
        if known is None:
            known = facing(self.index, self.parts[vpc], self.parts[other])
            self._waiting[vpc, other] = known
        return known

    def _targets(self, source: str) -> Iterable[str]:
        """Return the VPCs that routes of this one may lead to, in the order of all."""
        if self._leads[source] is None:
            return self.parts
        near = (each for each in self._near(source) if each in self._ranks)
        return sorted(near, key=self._ranks.__getitem__)

    @cached_property
    def _ranks(self) -> Mapping[str, int]:
        return {vpc: rank for rank, vpc in enumerate(self.parts)}

    def _joined(self, source: str, target: str) -> bool:
        return source == target or (
            self._may_lead(source, target) and self._may_lead(target, source)
        )

    def _may_lead(self, source: str, target: str) -> bool:
        leads = self._leads[source]
        return leads is None or target in leads or not self.index.is_placed(target)

    def _near(self, vpc: str) -> set[str]:
        leads = self._leads[vpc]
        return set(self.parts) if leads is None else {vpc, *leads, *self._unplaced}

    @cached_property
    def _unplaced(self) -> Collection[str]:
        return neighbourhood("", set(), self.parts, self.index)


class _Maker:
    """Makes the parts of one network."""

    def __init__(self, index: Index, numbers: Numbering) -> None:
        self._index, self._numbers = index, numbers
        self._edges: dict[str, Numbers] = {}

    def part(self, vpc: str) -> Part:
        return part_of(vpc, self._index, self._numbers, lambda: self._cuts(vpc))

    def _cuts(self, vpc: str) -> Numbers:
        """Return the codes that the rules of a VPC, and of those it leads to, tell apart."""
        leads = leads_of(vpc, self._index)
        near = neighbourhood(vpc, leads, self._index.interfaces, self._index)
        return np.unique(np.concatenate([self._edges_of(each) for each in near]))

    def _edges_of(self, vpc: str) -> Numbers:
        if vpc not in self._edges:
            self._edges[vpc] = edges_of(vpc, self._index)
        return self._edges[vpc]
