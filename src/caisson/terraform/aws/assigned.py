"""Which of several things a subnet has, when resources of their own say so: tables and lists."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from caisson.terraform.model import Certainty, Link


@dataclass(frozen=True, slots=True)
class Claim:
    """`subnets` have one of `things`. `single`: it names one subnet, and no other claim does."""

    subnets: Link
    things: tuple[str, ...]
    single: bool


def assigned(
    subnets: Sequence[str], claims: Iterable[Claim], default: Callable[[str], tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """Return for each subnet what it has: one thing when that is sure, else all it may have.

    AWS takes one association for a subnet, so a claim that may be of several subnets is of one
    that has no sure claim; and as many such claims as there are subnets leave none without.
    """
    every = tuple(claims)
    sure: dict[str, tuple[str, ...]] = {}
    for claim in every:
        for subnet in claim.subnets.certain:
            sure[subnet] = tuple(dict.fromkeys((*sure.get(subnet, ()), *claim.things)))
    left = [each for each in subnets if each not in sure]
    doubtful = [
        (claim, _candidates(claim, left, sure)) for claim in every if not claim.subnets.sure
    ]
    taken = Counter(candidates for claim, candidates in doubtful if _is_of_one(claim))
    found: dict[str, tuple[str, ...]] = {}
    for subnet in left:
        mine = [(claim, those) for claim, those in doubtful if subnet in those]
        filled = any(taken[those] >= len(those) for _, those in mine)
        things = [one for claim, _ in mine for one in claim.things]
        found[subnet] = tuple(dict.fromkeys((*things, *(() if filled else default(subnet)))))
    return {**sure, **found}


def _is_of_one(claim: Claim) -> bool:
    return claim.single and claim.subnets.certainty is Certainty.AMONG


def _candidates(
    claim: Claim, left: Sequence[str], sure: dict[str, tuple[str, ...]]
) -> frozenset[str]:
    if claim.subnets.certainty is Certainty.OPEN:
        return frozenset(left)
    return frozenset(each for each in claim.subnets.every if each not in sure)
