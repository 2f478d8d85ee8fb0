"""Following data: everything that it comes to rest in, from where it is at home."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from caisson.topology.resources import Movement

Onward = Callable[[str], Iterable[Movement]]


@dataclass(frozen=True, slots=True)
class Closure:
    """What data reaches, nearest first; `arrived` is the movement that first brought it there.

    It is None for the origins themselves.
    """

    arrived: Mapping[str, Movement | None]

    def __contains__(self, name: object) -> bool:
        return name in self.arrived

    def chain(self, name: str) -> tuple[Movement, ...]:
        """Return the movements that bring data from an origin to `name`, in their order."""
        found: list[Movement] = []
        while (movement := self.arrived[name]) is not None:
            found.append(movement)
            name = movement.source
        return tuple(reversed(found))


def leading(movements: Iterable[Movement]) -> Onward:
    """Return what gives the movements out of each holding."""
    found: dict[str, list[Movement]] = defaultdict(list)
    for each in movements:
        found[each.source].append(each)
    return lambda name: found.get(name, ())


def _everywhere(_: str) -> bool:
    return True


def follow(
    origins: Iterable[str], onward: Onward, through: Callable[[str], bool] = _everywhere
) -> Closure:
    """Return the closure over `onward`, which gives the movements out of a holding.

    What `through` is not true of is reached, and left out of sight from there on.
    """
    arrived: dict[str, Movement | None] = dict.fromkeys(origins)
    waiting = deque(arrived)
    while waiting:
        name = waiting.popleft()
        for movement in onward(name) if through(name) else ():
            if movement.target not in arrived:
                arrived[movement.target] = movement
                waiting.append(movement.target)
    return Closure(arrived)
