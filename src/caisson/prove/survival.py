"""What is left of a store after a loss: which copies survive, how old, and by which way.

A copy is reached over replication, backups and copies of these. It counts when it lies outside
of what is lost, together with the keys that encrypt it. After the loss of the store itself, by
a deletion or by bad writes, what only follows the store is no copy: there must be history.
"""

import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import count
from math import inf

from caisson.prove.model import Fact
from caisson.prove.whereabouts import other_account, whereabouts
from caisson.prove.world import World
from caisson.topology.resources import GLOBAL, Holding, Movement, Rest, Way
from caisson.topology.truth import all_of, any_of

# An export may be a part of the data only, so that it never shows that a promise is kept.
_COPYING = frozenset({Way.REPLICATION, Way.BACKUP, Way.COPY, Way.EXPORT})
_HISTORY = frozenset({Way.BACKUP, Way.COPY})
_MAY_HAVE_VERSIONS = frozenset({Rest.FILES, Rest.STATE})


class Area(StrEnum):
    """What can be lost."""

    ZONE = "zone"
    REGION = "region"
    ACCOUNT = "account"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Whether a copy serves: True, False, or None when it cannot be told; and why not."""

    serves: bool | None
    fact: Fact | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of a store: what is lost with the store is between `least_s` and `most_s` old.

    `most_s` is infinite when nothing bounds it, and when a step of the way is not certain.
    `path` is the way by which it is the least behind; empty for the store itself.
    """

    holding: str
    path: tuple[Movement, ...]
    least_s: float
    most_s: float
    serves: bool | None
    doubts: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class Loss:
    """The loss of `store`, with the area of this kind that it is in."""

    world: World
    area: Area
    store: Holding

    @cached_property
    def name(self) -> str:
        """Say what is lost."""
        match self.area:
            case Area.REGION:
                return self.store.region or "its region"
            case Area.ACCOUNT:
                return _account(self.store.account)
            case Area.ZONE:
                return "its zone"
            case Area.STORE:
                return self.store.id

    def copies(self) -> tuple[Copy, ...]:
        """Return what may be left, best first; the store itself when it may live on."""
        least, paths = _shortest(self.world, self.store.id, _least)
        most, sure_paths = _shortest(self.world, self.store.id, self._most)
        found = []
        for name, history in least:
            end = (name, history)
            doubts = tuple(self._doubts(name, history=history))
            path = sure_paths.get(end) if most.get(end, inf) < inf else None
            found.append(
                Copy(
                    name,
                    paths[end] if path is None else path,
                    least[end],
                    most.get(end, inf),
                    all_of(each.serves for each in doubts),
                    tuple(each.fact for each in doubts if each.fact),
                )
            )
        return tuple(sorted(found, key=_goodness))

    def followed(self) -> Iterator[Movement]:
        """Yield what writes or may write into the store, is not lost, and is not written by it."""
        fed = {end for end, _ in _shortest(self.world, self.store.id, _least)[0]}
        for each in self.world.movements_to.get(self.store.id, ()):
            writes = each.way in (Way.REPLICATION, Way.COPY)
            if writes and each.source not in fed and self._is_left(each.source):
                yield each

    def _is_left(self, name: str) -> bool:
        left = self.area is Area.STORE or self._outlives(name, history=False).serves
        return left is not False

    def _doubts(self, name: str, *, history: bool) -> Iterator[Doubt]:
        outlives = self._outlives(name, history=history)
        yield outlives
        if outlives.serves is not False:
            yield from (self._opened_with(name, key) for key in self._keys(name))

    def _outlives(self, name: str, *, history: bool) -> Doubt:
        match self.area:
            case Area.STORE:
                return self._of_store(name, history=history)
            case Area.ZONE:
                return self._of_zone(name)
            case Area.REGION:
                return self._of_place(name, self._other_region(name), "region")
            case Area.ACCOUNT:
                return self._of_place(name, self._other_account(name), "account")

    def _beside(self, name: str) -> bool:
        """Return whether it is part of the same resource."""
        holding = self.world.holdings.get(name)
        return holding is not None and holding.resource == self.store.resource

    def _other_region(self, name: str) -> bool | None:
        there, here = whereabouts(self.world, name).region, self.store.region
        if there == here and self._beside(name):
            return False
        if there is None or here is None:
            return None
        return there == GLOBAL or there != here

    def _other_account(self, name: str) -> bool | None:
        there = whereabouts(self.world, name).account
        if there == self.store.account and self._beside(name):
            return False
        return other_account(there, self.store.account)

    def _of_place(self, name: str, other: bool | None, what: str) -> Doubt:
        if other is None:
            text = f"whether {name} is in another {what} than {self.store.id} cannot be told"
            return Doubt(None, self._fact(name, text))
        lost = self._fact(name, f"{name} is lost with {self.name}")
        return Doubt(other, None if other else lost)

    def _of_zone(self, name: str) -> Doubt:
        holding = self.world.holdings.get(name)
        zones = holding.multi_zone if holding else None
        if zones or self._other_region(name) or self._other_zone(name):
            return Doubt(serves=True)
        if zones is False and name == self.store.id:
            return Doubt(serves=False, fact=self._fact(name, f"{name} is in one zone alone"))
        text = f"whether {name} survives the loss of a zone cannot be told"
        return Doubt(None, self._fact(name, text))

    def _other_zone(self, name: str) -> bool:
        holding = self.world.holdings.get(name)
        here, there = (
            self.world.subjects.resources.get(each.resource) if each else None
            for each in (self.store, holding)
        )
        zones = (set(each.zones) if each else set() for each in (here, there))
        one, other = zones
        return bool(one and other and not one & other)

    def _of_store(self, name: str, *, history: bool) -> Doubt:
        holding = self.world.holdings.get(name)
        if not history:
            keeps = _versions(holding)
            if keeps:
                return Doubt(serves=True)
            text = f"{name} keeps no older state of what is overwritten or deleted"
            if keeps is None:
                text = f"whether {name} keeps older states cannot be told"
            return Doubt(keeps, self._fact(name, text))
        if not self._beside(name) or holding is None:
            return Doubt(serves=True)
        return self._deleted_together(holding)

    def _deleted_together(self, backup: Holding) -> Doubt:
        """Return whether a backup that belongs to the store stays when the store is deleted."""
        stays = any_of((backup.deletion_protected, self.store.deletion_protected))
        if stays:
            return Doubt(serves=True)
        if stays is None:
            text = f"whether {backup.id} stays when {self.store.resource} is deleted cannot be told"
            return Doubt(None, self._fact(backup.id, text))
        text = f"{backup.id} is deleted with {self.store.resource}, which nothing protects"
        return Doubt(False, self._fact(backup.id, text))

    def _keys(self, name: str) -> Iterator[tuple[str, bool]]:
        """Yield the keys that a copy cannot be read without, and whether that is certain."""
        holding = self.world.holdings.get(name)
        if holding is None or self.area in (Area.STORE, Area.ZONE) or name == self.store.id:
            return
        yield from ((key, True) for key in holding.keys)
        for use in self.world.uses_by.get(holding.resource, ()):
            if use.used in self.world.keys and use.used not in holding.keys:
                yield use.used, use.sure

    def _opened_with(self, name: str, needed: tuple[str, bool]) -> Doubt:
        key, sure = needed
        place = whereabouts(self.world, key)
        if self.area is Area.REGION:
            here = self.store.region
            told = place.region is not None and here is not None
            other = place.region != here if told else None
        else:
            other = other_account(place.account, self.store.account)
        if other:
            return Doubt(serves=True)
        if other is None:
            text = f"whether {key}, which encrypts {name}, is lost too cannot be told"
            return Doubt(None, self._fact(name, text))
        text = f"{name} cannot be read without {key}, which is lost with {self.name}"
        return Doubt(False if sure else None, self._fact(name, text))

    def _most(self, movement: Movement) -> float:
        """Return how much is lost by a step at most; infinite when that cannot be told."""
        target = self.world.holdings.get(movement.target)
        sure = movement.sure and target is not None and target.sure
        if not sure or movement.lag_most_s is None or movement.way is Way.EXPORT:
            return inf
        gone = movement.kept_s is not None and movement.kept_s < movement.lag_most_s
        return inf if gone else movement.lag_most_s

    def _fact(self, name: str, text: str) -> Fact:
        return Fact(text, self.world.source_of(name))


def _account(account: str | None) -> str:
    """Say an account: by its number, or by the provider that works in it."""
    if account is None:
        return "its account"
    return f"account {account}" if account.isdigit() else f"the account of provider {account}"


def _versions(holding: Holding | None) -> bool | None:
    """Return whether a holding keeps older states; files may, by a setting."""
    if holding is None:
        return None
    return holding.versioned if holding.rest in _MAY_HAVE_VERSIONS else bool(holding.versioned)


def _goodness(copy: Copy) -> tuple[bool, bool, float, float]:
    return copy.serves is False, copy.serves is None, copy.most_s, copy.least_s


# The way of the data

_End = tuple[str, bool]  # a holding, and whether there is history behind it


def _least(movement: Movement) -> float:
    """Return how much is lost by this step at the least; infinite when no copy may be left."""
    gone = movement.kept_s is not None and movement.kept_s < movement.lag_least_s
    return inf if gone else movement.lag_least_s


def _shortest(
    world: World, start: str, cost: Callable[[Movement], float]
) -> tuple[Mapping[_End, float], Mapping[_End, tuple[Movement, ...]]]:
    """Return the least sum of `cost` to everything that copies lead to, and the way there."""
    found: dict[_End, float] = {}
    paths: dict[_End, tuple[Movement, ...]] = {}
    order = count()
    waiting: list[tuple[float, int, _End, tuple[Movement, ...]]] = [
        (0.0, next(order), (start, False), ())
    ]
    while waiting:
        sum_s, _, end, path = heapq.heappop(waiting)
        if end in found:
            continue
        found[end], paths[end] = sum_s, path
        name, history = end
        for each in world.movements_from.get(name, ()):
            # What comes back to where it was is no other copy.
            back = each.target in (start, name) or any(each.target == one.source for one in path)
            if each.way in _COPYING and not back and (step_s := cost(each)) < inf:
                onward = (each.target, history or each.way in _HISTORY)
                heapq.heappush(waiting, (sum_s + step_s, next(order), onward, (*path, each)))
    return found, paths
