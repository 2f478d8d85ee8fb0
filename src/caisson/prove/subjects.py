"""What the subjects of a promise name: resources, holdings, the internet.

A subject is one of the words `anything`, `stores` and `internet`; an environment or an account;
an address, a module's or a resource's without its index included; a type; or a pattern of an
address. In a declared estate the name of a store or service stands for it in every environment.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from caisson.estate.patterns import matcher, namer
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
            wanted = self._wanted(subject, stores)
            here = [name for name, each in self.resources.items() if wanted(each)]
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
            rests = self._resting(subject, stores)
            here = [
                holding
                for name, holdings in self.holdings_of.items()
                for holding in holdings
                if holding.id == subject or rests(name, holding)
            ]
            found.update({each.id: each for each in here})
            if not here:
                missing.append(subject)
        return tuple(found.values()), tuple(missing)

    def _resting(self, subject: str, stores: Collection[Rest]) -> Callable[[str, Holding], bool]:
        if subject == STORES:
            return lambda _, holding: holding.rest in stores
        if subject == ANYTHING:
            return lambda *_: True
        wanted, resources = _named_by(subject), self.resources

        def rests(name: str, holding: Holding) -> bool:
            # The backups of a store are its own, also where they lie in a repository.
            owners = (name, holding.id.rpartition("/")[0])
            return any(wanted(resources[each]) for each in owners if each in resources)

        return rests

    def _wanted(self, subject: str, stores: Collection[Rest]) -> Callable[[Resource], bool]:
        if subject == ANYTHING:
            return lambda _: True
        if subject == STORES:
            holdings = self.holdings_of
            return lambda each: any(one.rest in stores for one in holdings.get(each.id, ()))
        return _named_by(subject)


def _named_by(subject: str) -> Callable[[Resource], bool]:
    """Return what tells whether a subject that is no word of its own names a resource."""
    named, of_type, inside = namer(subject), matcher(subject), f"/{subject}"
    return lambda each: bool(
        subject in (each.type, each.environment, each.account)
        or named(each.id)
        or of_type(each.type)
        or each.id.endswith(inside)
    )
