"""Findings that people know of and bear: told apart by what is said, not by where it stands."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from caisson.estate.accepted import Acceptance
from caisson.prove.model import Verdict

_DIGITS = 32


def fingerprint(verdict: Verdict, of: str = "") -> str:
    """Return what stays the same when lines move, files are renamed and reasons are added.

    It changes when the first counterexample does: a host that is open on one more port is to be
    accepted anew. `of` tells apart what is checked side by side.
    """
    first = verdict.counterexample[0].text if verdict.counterexample else ""
    said = (of, verdict.promise, verdict.subject, verdict.decision.value, first)
    return hashlib.sha256("\0".join(said).encode()).hexdigest()[:_DIGITS]


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a baseline does to the verdicts.

    `accepted` is by fingerprint. `expired` are those that count again, `idle` those that match
    nothing any more.
    """

    accepted: Mapping[str, Acceptance] = field(default_factory=dict)
    expired: tuple[Acceptance, ...] = ()
    idle: tuple[Acceptance, ...] = ()


def weigh(found: Mapping[str, Verdict], baseline: Collection[Acceptance], today: date) -> Weighed:
    """Return which of the verdicts, by fingerprint, are accepted on the day `today`."""
    met = [each for each in baseline if _is_of(each, found)]
    current = [each for each in met if today <= each.expires]
    return Weighed(
        {each.fingerprint: each for each in current},
        tuple(_not_in(met, current)),
        tuple(_not_in(baseline, met)),
    )


def _is_of(acceptance: Acceptance, found: Mapping[str, Verdict]) -> bool:
    """Return whether the entry means what its fingerprint says, and not what was written over."""
    verdict = found.get(acceptance.fingerprint)
    return verdict is not None and (verdict.promise, verdict.subject) == (
        acceptance.promise,
        acceptance.subject,
    )


def _not_in(these: Iterable[Acceptance], those: Collection[Acceptance]) -> Iterable[Acceptance]:
    return (each for each in these if each not in those)
