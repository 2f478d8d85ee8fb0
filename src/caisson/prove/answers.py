"""Answers about many things alike, told so that nobody drowns in them.

What is broken gets a verdict of its own, so that it can be found by its address. What cannot be
told is one verdict for each type, and all that holds is one verdict.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import partial

from caisson.prove.certificate import Certificate, Listed
from caisson.prove.gaps import settled_by
from caisson.prove.judgement import judged
from caisson.prove.model import Fact, Verdict
from caisson.topology.model import Source
from caisson.topology.resources import Holding

_MOST_NAMED = 12


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of one thing: `why` it is well, what speaks `against` it, what is `open`.

    `type` is a word for things alike, `looked_up` are the facts that were decided on, and
    `remedy` says what to change, or what would settle it. `certificate` is a better one than
    these facts. What is against parts of one `resource` is said of that resource together.
    """

    subject: str
    type: str
    resource: str = ""
    why: tuple[Fact, ...] = ()
    against: tuple[Fact, ...] = ()
    open: tuple[Fact, ...] = ()
    looked_up: tuple[tuple[str, str, str], ...] = ()
    remedy: str = ""
    certificate: Certificate | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A yes or no asked of a holding, and how the three answers are said.

    `field` is the holding's, and `wanted` the value that keeps the promise. The sentences are
    said of the holding's id, and the remedy names its resource.
    """

    field: str
    wanted: bool
    well: str
    bad: str
    unknown: str
    remedy: str


def answered(
    asked: Asked,
    holding: Holding,
    type_: str,
    open_questions: Collection[Fact] = (),
    settings: Collection[Fact] = (),
) -> Answer:
    """Return the answer that a holding gives; one that may not be there breaks nothing.

    `settings` may make the value another one.
    """
    value = getattr(holding, asked.field)
    said = partial(
        Answer,
        holding.id,
        type_,
        holding.resource,
        looked_up=((holding.id, asked.field, str(value)),),
    )
    if value is asked.wanted:
        well = Fact(f"{holding.id} {asked.well}", holding.source)
        return said(why=(well,), open=tuple(open_questions), remedy=settled_by(open_questions))
    if value is not None and holding.sure and not settings:
        bad = Fact(f"{holding.id} {asked.bad}", holding.source)
        return said(against=(bad,), remedy=f"{asked.remedy} {holding.resource}")
    told = f"whether {holding.id} {asked.unknown} cannot be told"
    if value is not None and not holding.sure:
        told = f"{holding.id} {asked.bad} if it is there, which cannot be told"
    settles = f"{asked.remedy} {holding.resource}, or check the state after apply"
    # A reason that begins with "nobody wrote whether it is" says as much, and why.
    reasoned = f"whether {holding.id} "
    doubt = () if any(reasoned in each.text for each in open_questions) else (told,)
    doubts = (Fact(each, holding.source) for each in doubt)
    left_open = dict.fromkeys((*doubts, *open_questions, *settings))
    return said(open=tuple(left_open), remedy=settles)


def verdicts(
    promise: str,
    source: Source,
    answers: Collection[Answer],
    *,
    everything: str,
    gaps: Collection[Fact] = (),
) -> tuple[Verdict, ...]:
    """Return the verdicts on all `answers`, those that are broken first.

    `everything` names them all in a few words; `gaps` leave open whether these are all.
    """
    broken = [each for each in answers if each.against]
    unknown = [each for each in answers if each.open and not each.against]
    well = [each for each in answers if not each.open and not each.against]
    return (
        *_broken(promise, source, broken),
        *_unknown(promise, source, unknown),
        *_rest(promise, source, well, everything if len(well) == len(answers) else "", gaps),
    )


def _broken(promise: str, source: Source, answers: Collection[Answer]) -> Iterator[Verdict]:
    of_resource: dict[str, list[Answer]] = defaultdict(list)
    for each in answers:
        of_resource[each.resource or each.subject].append(each)
    for resource, found in of_resource.items():
        looked_up = tuple(fact for each in found for fact in each.looked_up)
        yield judged(
            promise,
            found[0].subject if len(found) == 1 else resource,
            source,
            why=tuple(fact for each in found for fact in each.why),
            against=dict.fromkeys(fact for each in found for fact in each.against),
            remedy=found[0].remedy,
            certificate=found[0].certificate or Listed(looked_up),
        )


def _unknown(promise: str, source: Source, answers: Collection[Answer]) -> Iterator[Verdict]:
    of_type: dict[str, list[Answer]] = defaultdict(list)
    for each in answers:
        of_type[each.type].append(each)
    for type_, found in of_type.items():
        facts = tuple(dict.fromkeys(fact for each in found for fact in each.open))
        subject = found[0].subject if len(found) == 1 else f"{len(found)} {type_}"
        yield judged(
            promise,
            subject,
            source,
            why=(),
            open_questions=cut(facts),
            remedy=found[0].remedy or settled_by(facts),
            certificate=Listed(tuple(fact for each in found for fact in each.looked_up)),
        )


def _rest(
    promise: str,
    source: Source,
    answers: Collection[Answer],
    everything: str,
    gaps: Collection[Fact],
) -> Iterator[Verdict]:
    if not answers and not gaps:
        return
    facts = tuple(dict.fromkeys(fact for each in answers for fact in each.why))
    yield judged(
        promise,
        everything or "everything else",
        source,
        why=cut(facts),
        open_questions=cut(gaps),
        remedy=settled_by(gaps),
        certificate=Listed(tuple(fact for each in answers for fact in each.looked_up)),
    )


def cut(facts: Collection[Fact]) -> tuple[Fact, ...]:
    """Return the first facts, and how many more there are."""
    kept = tuple(facts)[:_MOST_NAMED]
    rest = len(facts) - len(kept)
    return (*kept, Fact(f"and so for {rest} more")) if rest else kept
