"""The file of accepted findings: what is known to be broken, and for how long that is borne.

Every entry says why, who answers for it, and when it ends. What is left empty is a mistake, so
that nothing is accepted by a file that nobody has read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from caisson.estate.declared import Declared
from caisson.estate.document import UnusableError, expand
from caisson.estate.loading import content_of
from caisson.estate.mistakes import EstateErrors, Mistake, shortened
from caisson.estate.parsing import parse
from caisson.estate.sources import Source, Sources
from caisson.estate.validation import validate


class AcceptedFinding(Declared):
    promise: str
    subject: str
    fingerprint: str
    reason: str | None = None
    owner: str | None = None
    expires: str


class Baseline(Declared):
    accepted: list[AcceptedFinding]


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A finding that somebody bears until the end of the day `expires`."""

    promise: str
    subject: str
    fingerprint: str
    reason: str
    owner: str
    expires: date
    source: Source


def read(file: Path, *, draft: bool = False) -> tuple[Acceptance, ...]:
    """Read the file. Raises EstateErrors with all of its mistakes.

    A `draft` may leave reasons and owners empty, as the file that Caisson writes does.
    """
    try:
        table, mistakes = parse(str(file), content_of(file))
        document = expand(table)
    except UnusableError as error:
        raise EstateErrors([error.mistake]) from error
    sources = Sources(document.places, document.places[()])
    checked = validate(document, sources, Baseline)
    if not isinstance(checked, Baseline):
        raise EstateErrors([*mistakes, *checked])
    mistakes += _wrong(checked, sources, draft=draft)
    if mistakes:
        raise EstateErrors(mistakes)
    return tuple(_acceptance(each, sources, n) for n, each in enumerate(checked.accepted))


def _acceptance(written: AcceptedFinding, sources: Sources, number: int) -> Acceptance:
    return Acceptance(
        written.promise,
        written.subject,
        written.fingerprint,
        (written.reason or "").strip(),
        (written.owner or "").strip(),
        date.fromisoformat(written.expires),
        sources.at("accepted", number),
    )


def _wrong(baseline: Baseline, sources: Sources, *, draft: bool) -> Iterator[Mistake]:
    for number, each in enumerate(baseline.accepted):
        at = ("accepted", number)
        what = f"accepted #{number + 1}"
        if not draft and not (each.reason or "").strip():
            remedy = f"write why it is borne that {each.promise} is broken for {each.subject}"
            yield Mistake(sources.at(*at, "reason"), f"{what}: there is no reason", remedy)
        if not draft and not (each.owner or "").strip():
            remedy = "write who answers for it, such as a name or a team"
            yield Mistake(sources.at(*at, "owner"), f"{what}: there is no owner", remedy)
        if not _is_date(each.expires):
            told = shortened(each.expires)
            yield Mistake(
                sources.at(*at, "expires"),
                f"{what}: expires: must be a date, not '{told}'",
                "write a day such as 2030-01-31",
            )


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
