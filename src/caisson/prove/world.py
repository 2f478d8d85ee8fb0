"""A topology arranged for the questions that are asked of it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from caisson.prove.gaps import Gaps
from caisson.prove.subjects import Subjects
from caisson.prove.ways import Ways
from caisson.topology.model import Source, Topology
from caisson.topology.network import SecurityGroup
from caisson.topology.places import Places
from caisson.topology.resources import Holding, Key, Movement, Question, Use


@dataclass(frozen=True)
class World:
    """One topology, and what a promise file says of places in it. Lookups are made once."""

    topology: Topology
    places: Places = field(default_factory=Places)

    @cached_property
    def subjects(self) -> Subjects:
        return Subjects.of(self.topology)

    @cached_property
    def holdings(self) -> Mapping[str, Holding]:
        return {each.id: each for each in self.topology.holdings}

    @cached_property
    def keys(self) -> Mapping[str, Key]:
        return {each.id: each for each in self.topology.keys}

    @cached_property
    def movements_from(self) -> Mapping[str, tuple[Movement, ...]]:
        found: dict[str, list[Movement]] = defaultdict(list)
        for each in self.topology.movements:
            found[each.source].append(each)
        return {name: tuple(each) for name, each in found.items()}

    @cached_property
    def movements_to(self) -> Mapping[str, tuple[Movement, ...]]:
        found: dict[str, list[Movement]] = defaultdict(list)
        for each in self.topology.movements:
            found[each.target].append(each)
        return {name: tuple(each) for name, each in found.items()}

    @cached_property
    def uses_by(self) -> Mapping[str, tuple[Use, ...]]:
        found: dict[str, list[Use]] = defaultdict(list)
        for each in self.topology.uses:
            found[each.user].append(each)
        return {name: tuple(each) for name, each in found.items()}

    @cached_property
    def ways(self) -> Ways:
        return Ways(self.topology)

    @cached_property
    def groups(self) -> Mapping[str, SecurityGroup]:
        return {each.id: each for each in self.topology.network.groups}

    @cached_property
    def network_gaps(self) -> Gaps:
        """What leaves open who can open a connection to what."""
        return Gaps.of(self.topology, Question.EXPOSURE, Question.REACHABILITY)

    @cached_property
    def gaps(self) -> Mapping[Question, Gaps]:
        return {question: Gaps.of(self.topology, question) for question in Question}

    def resource_of(self, name: str) -> str | None:
        """Return the resource that has this id, or of which this names a part."""
        while name and name not in self.subjects.resources:
            name = name.rpartition("/")[0]
        return name or None

    @cached_property
    def parts_of(self) -> Mapping[str | None, tuple[str, ...]]:
        """What is in the network or forwards to it, by the resource that it is or is part of."""
        found: dict[str | None, dict[str, None]] = defaultdict(dict)
        for name in (*self.ways.interfaces, *self.ways.forwards):
            found[self.resource_of(name)][name] = None
        return {name: tuple(parts) for name, parts in found.items()}

    def type_of(self, name: str) -> str:
        """Return the type of a resource or of what it is part of, or the id of what is not read."""
        known = self.subjects.resources.get(self.resource_of(name) or "")
        return known.type if known else name

    def source_of(self, name: str) -> Source | None:
        known = self.subjects.resources.get(self.resource_of(name) or "")
        return known.source if known else None
