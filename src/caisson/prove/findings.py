"""What several ways of looking at one promise have found, and all of them together."""

from collections.abc import Iterable
from dataclasses import dataclass

from caisson.prove.certificate import Certificate, Listed
from caisson.prove.model import Fact


@dataclass(frozen=True, slots=True)
class Findings:
    """`empty` is a subject that names nothing, so that nothing was looked at.

    `certificate` goes with what was found against, or when that is nothing, with the reasons.
    """

    why: tuple[Fact, ...] = ()
    against: tuple[Fact, ...] = ()
    open: tuple[Fact, ...] = ()
    remedy: str = ""
    certificate: Certificate | None = None
    empty: str = ""


def together(found: Iterable[Findings]) -> Findings:
    """Return all of it; the remedy and the certificate are those of the first that is worst."""
    every = list(found)
    worst = sorted(every, key=lambda each: (not each.against, not each.open))
    return Findings(
        why=tuple(fact for each in every for fact in each.why),
        against=tuple(fact for each in every for fact in each.against),
        open=tuple(fact for each in every for fact in each.open),
        remedy=next((each.remedy for each in worst if each.remedy), ""),
        certificate=_certificate(worst),
        empty=next((each.empty for each in every if each.empty), ""),
    )


def _certificate(worst: list[Findings]) -> Certificate | None:
    """Return that of the first counterexample; without one, all that was looked up."""
    if worst and worst[0].against:
        return worst[0].certificate
    listed = [each.certificate for each in worst if isinstance(each.certificate, Listed)]
    return Listed(tuple(fact for each in listed for fact in each.facts)) if listed else None
