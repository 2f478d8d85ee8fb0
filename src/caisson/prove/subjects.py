"""What the subjects of a promise name: resources, holdings, the internet.

A subject is one of the words `anything`, `stores` and `internet`; an environment or an account;
an address, a module's or a resource's without its index included; a type; or a pattern of an
address. In a declared estate the name of a store or service stands for it in every environment.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from caisson.estate.patterns import matches, names
from caisson.topology.model import Topology
from caisson.topology.resources import Holding, Resource, Rest

ANYTHING, STORES, INTERNET = "anything", "stores", "internet"

EVERY_REST = frozenset(Rest)
# What answers requests for data: a disk or a log is data too, but nobody connects to it.
SERVING = frozenset(
    {
        Rest.STORE,
        Rest.REPLICA,
        Rest.CACHE,
        Rest.SEARCH,
        Rest.FILES,
        Rest.QUEUE,
        Rest.STREAM,
    }
)


@dataclass(frozen=True, slots=True)
class Named:
    """`resources` are ids in the order of the topology; `missing` are subjects that name none."""

    resources: tuple[str, ...]
    internet: bool = False
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subjects:
    """Make it once for a topology with `of`."""

    resources: Mapping[str, Resource]
    holdings_of: Mapping[str, tuple[Holding, ...]]  # by resource

    @classmethod
    def of(cls, topology: Topology) -> "Subjects":
        holdings: dict[str, list[Holding]] = defaultdict(list)
        for each in topology.holdings:
            holdings[each.resource].append(each)
        return cls(
            {each.id: each for each in topology.resources},
            {name: tuple(found) for name, found in holdings.items()},
        )

    def named(self, subjects: Iterable[str], stores: Collection[Rest] = SERVING) -> Named:
        """Return what `subjects` name; `stores` tells what the word of that name stands for."""
        found: dict[str, None] = {}
        missing: list[str] = []
        internet = False
        for subject in subjects:
            if subject == INTERNET:
                internet = True
                continue
            here = [each.id for each in self.resources.values() if self._is(each, subject, stores)]
            found.update(dict.fromkeys(here))
            if not here:
                missing.append(subject)
        ordered = tuple(name for name in self.resources if name in found)
        return Named(ordered, internet, tuple(missing))

    def holdings(
        self, subjects: Iterable[str], stores: Collection[Rest] = EVERY_REST
    ) -> tuple[tuple[Holding, ...], tuple[str, ...]]:
        """Return the holdings of what `subjects` name, and the subjects that have none.

        A subject that is the address of a holding names that one alone.
        """
        found: dict[str, Holding] = {}
        missing: list[str] = []
        for subject in subjects:
            here = [
                holding
                for name, holdings in self.holdings_of.items()
                for holding in holdings
                if holding.id == subject or self._rests(name, holding, subject, stores)
            ]
            found.update({each.id: each for each in here})
            if not here:
                missing.append(subject)
        return tuple(found.values()), tuple(missing)

    def _rests(
        self, resource: str, holding: Holding, subject: str, stores: Collection[Rest]
    ) -> bool:
        if subject == STORES:
            return holding.rest in stores
        known = self.resources.get(resource)
        return subject == ANYTHING or (known is not None and self._is(known, subject, stores))

    def _is(self, resource: Resource, subject: str, stores: Collection[Rest]) -> bool:
        if subject == ANYTHING:
            return True
        if subject == STORES:
            return any(each.rest in stores for each in self.holdings_of.get(resource.id, ()))
        return is_subject(resource, subject)


def is_subject(resource: Resource, subject: str) -> bool:
    """Return whether a subject that is no word of its own names the resource."""
    return (
        subject in (resource.type, resource.environment, resource.account)
        or names(resource.id, subject)
        or matches(resource.type, subject)
        or resource.id.endswith(f"/{subject}")
    )
