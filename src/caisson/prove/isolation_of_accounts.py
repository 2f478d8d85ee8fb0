"""Whether what is in the accounts of one environment lets in principals of the other's.

Between two accounts a right needs two: what a principal may do there by its own account, and that
the other account lets it in. Where two environments share no account, the second is enough to
look at, thing by thing, for all that is in their accounts, whatever environment it is of.

A third account that both let in is no tie between the two: what its people and pipelines do is
not told by who lets them in. It is named. It may be one when one of its own roles can be taken by
a principal of either side, who then comes on from there.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from caisson.estate.model import Isolation
from caisson.prove.answers import cut
from caisson.prove.certificate import Chain, Listed
from caisson.prove.findings import Findings
from caisson.prove.gaps import settled_by
from caisson.prove.isolation_ties import Tie, excepted, is_right
from caisson.prove.model import Fact
from caisson.prove.sides import Side
from caisson.prove.world import World
from caisson.topology.arns import ACCOUNT
from caisson.topology.resources import Admission

# Things of the cloud that has accounts, all of which are in one.
_IN_ACCOUNTS = "aws_"


@dataclass(frozen=True, slots=True)
class _End:
    """A side and the numbers of all accounts that it is in."""

    side: Side
    accounts: frozenset[str]

    def __str__(self) -> str:
        several = "accounts" if len(self.accounts) > 1 else "account"
        return f"{self.side.name} ({several} {', '.join(sorted(self.accounts))})"


def findings(promise: Isolation, world: World, one: Side, other: Side) -> Findings:
    """Return what lets either into the other, and what about that cannot be told."""
    ends = _end(one), _end(other)
    if ends[0] is None or ends[1] is None or ends[0].accounts & ends[1].accounts:
        left_open = tuple(_undecided(world, one, other))
        return Findings(open=left_open, remedy=settled_by(left_open) if left_open else "")
    return _between(promise, world, ends[0], ends[1])


def _end(side: Side) -> _End | None:
    """Return the side with its accounts, None when not all of them are told."""
    things = [each for each in side.resources.values() if each.type.startswith(_IN_ACCOUNTS)]
    found = {each.account or "" for each in things}
    if not found or not all(map(ACCOUNT.fullmatch, found)):
        return None
    return _End(side, frozenset(found))


def _undecided(world: World, one: Side, other: Side) -> Iterator[Fact]:
    """A role of either may be let into the other, by its policies or by those of what is there."""
    counts = [
        sum(each.attached_to in side for each in world.topology.policies)
        + sum(is_right(world, each) for each in side.resources)
        for side in (one, other)
    ]
    if any(counts):
        yield Fact(
            f"what the roles of one may do in the other is not decided, for only between accounts "
            f"whose numbers are known it can be: {one.name} has {counts[0]} roles and policies, "
            f"{other.name} {counts[1]}",
            one.source,
        )


def _between(promise: Isolation, world: World, one: _End, other: _End) -> Findings:
    ties = [
        tie
        for here, there in ((one, other), (other, one))
        for tie in _ties(world.topology.admissions, here, there)
        if not excepted(promise, world, tie.through)
    ]
    broken = [each for each in ties if each.sure]
    unsure = cut([each.text for each in ties if not each.sure])
    return Findings(
        why=() if ties else tuple(_apart(world, one, other)),
        against=cut([each.text for each in broken]),
        open=unsure,
        remedy=_remedy(broken) or (settled_by(unsure) if unsure else ""),
        certificate=Chain(broken[0].ids) if broken else Listed(tuple(_looked_up(one, other))),
    )


def _ties(admissions: Collection[Admission], here: _End, there: _End) -> Iterator[Tie]:
    """Yield what lets those from `there` into `here`, at once or by way of a third account."""
    taken = _taken(admissions, here, there)
    for each in admissions:
        direct = tuple(_let_in(each, here, there))
        yield from direct or _on_the_way(each, here, there, taken)


def _taken(admissions: Collection[Admission], here: _End, there: _End) -> Mapping[str, Admission]:
    """Return the third accounts in which those from `there` may take a role, with its trust."""
    trusts = [each for each in admissions if each.becomes and each.account not in here.accounts]
    found: dict[str, Admission] = {}
    grown = True
    while grown:
        near = there.accounts | found.keys()
        new = {
            each.account: each
            for each in trusts
            if each.account is not None
            and each.account not in near
            and (each.whom is None or near.intersection(each.whom))
        }
        found |= new
        grown = bool(new)
    return found


def _on_the_way(
    admission: Admission, here: _End, there: _End, taken: Mapping[str, Admission]
) -> Iterator[Tie]:
    inside = admission.account is None or admission.account in here.accounts
    for account in sorted(taken.keys() & set(admission.whom or ())) if inside else ():
        trust = taken[account]
        text = f"principals of {there} may take {trust.by} of account {account} ({trust.how}), and "
        text += f"{admission.by} of {here} lets them in from there: {admission.how}"
        ids = (*sorted(there.accounts), trust.by, admission.by)
        yield Tie(Fact(text, trust.source), admission.by, ids, sure=False)


def _let_in(admission: Admission, here: _End, there: _End) -> Iterator[Tie]:
    """Yield the tie when a thing of the accounts `here` lets in those from `there`."""
    inside = admission.account is None or admission.account in here.accounts
    whom = None if admission.whom is None else there.accounts.intersection(admission.whom)
    if inside and (whom is None or whom):
        sure = admission.sure and admission.account is not None
        lets = "lets" if sure else "may let"
        text = f"{admission.by} {lets} principals of {there} into {here}: {admission.how}"
        ids = (admission.by, *sorted(whom or there.accounts))
        yield Tie(Fact(text, admission.source), admission.by, ids, sure)


def _apart(world: World, one: _End, other: _End) -> Iterator[Fact]:
    """Say what was looked at, and who else is let in."""
    yield Fact(
        f"nothing in {one} lets in a principal of {other}, nor the other way round: no trust, "
        "policy, permission or list",
        one.side.source,
    )
    both = one.accounts | other.accounts
    others = {
        account: each
        for each in world.topology.admissions
        if each.account is None or each.account in both
        for account in each.whom or ()
        if account not in both
    }
    if others:
        named = ", ".join(sorted(others))
        text = f"third accounts are let in, {named}: what is done from there is not told"
        yield Fact(text, next(iter(others.values())).source)


def _remedy(broken: Collection[Tie]) -> str:
    if not broken:
        return ""
    through = ", ".join(dict.fromkeys(tie.through for tie in list(broken)[:3]))
    return f"name only principals of its own account in {through}, or except it"


def _looked_up(one: _End, other: _End) -> Iterator[tuple[str, str, str]]:
    for here, there in ((one, other), (other, one)):
        for account in sorted(here.accounts):
            yield account, "lets in nobody of", " ".join(sorted(there.accounts))
