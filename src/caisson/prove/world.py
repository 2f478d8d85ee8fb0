"""A topology arranged for the questions that are asked of it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from caisson.prove.gaps import Gaps
from caisson.prove.subjects import Subjects
from caisson.prove.ways import Ways
from caisson.topology.model import Topology
from caisson.topology.network import SecurityGroup
from caisson.topology.places import Places
from caisson.topology.resources import Holding, Key, Movement, Question


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

    def type_of(self, resource: str) -> str:
        """Return the type of a resource, or the id itself when it was not read."""
        known = self.subjects.resources.get(resource)
        return known.type if known else resource
