"""Few refusals that cover everything between two ends: the plainest reason first."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from caisson.prove.certificate import Hop, Refusal
from caisson.prove.network.addresses import WILD, Codes
from caisson.prove.network.checks import Check, End
from caisson.prove.network.ports import EVERYTHING, PortSet
from caisson.topology.network import ALL_PORTS, Ports, Protocol

_Range = tuple[int, int] | None
_Check = tuple[str, tuple[Hop, ...]]
_Reason = tuple[_Check, _Range, _Range]  # which check, from where, to where; None is anywhere


@dataclass(frozen=True, slots=True)
class Met:
    """What a packet between two points meets."""

    source: End
    target: End
    checks: tuple[Check, ...]


_Stage = Callable[[Met], tuple[_Range, _Range]]


def _anywhere(_: Met) -> tuple[_Range, _Range]:
    return None, None


def _by_source(met: Met) -> tuple[_Range, _Range]:
    return _range(met.source), None


def _by_both(met: Met) -> tuple[_Range, _Range]:
    return _range(met.source), _range(met.target)


def cover(pairs: Sequence[Met], asked: PortSet, codes: Codes) -> Iterator[Refusal]:
    """Yield refusals of `asked` between all pairs, which are of one source and one target.

    Raises `ValueError` when something passes.
    """
    left = dict.fromkeys(range(len(pairs)), asked)
    for finely in (_anywhere, _by_source, _by_both):
        reasons = _reasons(pairs, asked, finely)
        chosen: dict[_Reason, PortSet] = {}
        while best := _best(reasons, left):
            refused = chosen[best] = reasons[best].refused
            for number in reasons.pop(best).pairs:
                left[number] -= refused
        yield from _written(pairs[0] if pairs else None, chosen, codes)
    if any(left.values()):
        raise ValueError("something may pass")


@dataclass(slots=True)
class _Refusing:
    refused: PortSet
    pairs: list[int]


def _range(end: End) -> _Range:
    return None if end.code == WILD else (end.code, end.last)


def _reasons(pairs: Sequence[Met], asked: PortSet, finely: _Stage) -> dict[_Reason, _Refusing]:
    """Return what each check refuses of all packets that meet it."""
    found: dict[_Reason, _Refusing] = {}
    for number, met in enumerate(pairs):
        for check in met.checks:
            key = (check.kind, check.by), *finely(met)
            known = found.setdefault(key, _Refusing(asked, []))
            known.refused -= check.passed
            known.pairs.append(number)
    return {key: each for key, each in found.items() if each.refused}


def _best(reasons: dict[_Reason, _Refusing], left: dict[int, PortSet]) -> _Reason | None:
    """Return the reason that covers most of what is left; of equals the first that is met."""
    gains = {
        key: sum((left[number] & each.refused).size for number in each.pairs)
        for key, each in reasons.items()
    }
    best = max(gains, key=lambda key: gains[key], default=None)
    return best if best is not None and gains[best] else None


def _written(pair: Met | None, chosen: dict[_Reason, PortSet], codes: Codes) -> Iterator[Refusal]:
    """Write reasons as refusals; those from ranges that lie side by side as one."""
    alike: dict[tuple[_Check, _Range, PortSet], list[_Range]] = defaultdict(list)
    for (check, source, target), ports in chosen.items():
        alike[check, target, ports].append(source)
    for ((_, by), target, ports), sources in alike.items():
        for start in _cidrs(sources, codes):
            for end in _cidrs([target], codes):
                for protocol, some in _parts(ports):
                    assert pair  # noqa: S101  there are reasons only where there are pairs
                    yield Refusal(
                        pair.source.owner, pair.target.owner, protocol, some, by, start, end
                    )


def _parts(ports: PortSet) -> Iterable[tuple[Protocol, Ports]]:
    return [(Protocol.ANY, ALL_PORTS)] if ports == EVERYTHING else ports.parts()


def _cidrs(ranges: Iterable[_Range], codes: Codes) -> Iterator[str | None]:
    some = list(ranges)
    if None in some:
        yield None
        return
    joined: list[tuple[int, int]] = []
    for low, high in sorted(each for each in some if each):
        if joined and joined[-1][1] == low:
            joined[-1] = (joined[-1][0], high)
        else:
            joined.append((low, high))
    for low, high in joined:
        yield from codes.cidrs(low, high)
