"""Data that goes from one holding to another, as links name them."""

from dataclasses import replace

from caisson.terraform.aws.hidden import hidden
from caisson.terraform.aws.presence import gap
from caisson.terraform.fragment import NO_FRAGMENT, Fragment
from caisson.terraform.model import Certainty, Link
from caisson.terraform.reading import Block
from caisson.topology.resources import Gap, Movement, Question, Way

# What a movement to an unknown place, or from one, keeps from being told.
_PLACES = frozenset({Question.RESIDENCY, Question.ISOLATION, Question.CONSISTENCY})
_COPIES = frozenset({Way.REPLICATION, Way.BACKUP, Way.COPY})


def moving(
    block: Block,
    source: Link,
    target: Link,
    way: Way,
    *,
    via: str,
    on: bool | None = True,
    lag_most_s: float | None = None,
    timed: bool = True,
) -> Fragment:
    """Return the movements from each thing that `source` names to each that `target` names.

    None when it is surely not `on`. Where one of the links is open, there is a gap besides.
    """
    if on is False:
        return NO_FRAGMENT
    moved = tuple(
        Movement(
            way,
            one,
            other,
            block.source,
            lag_most_s=lag_most_s,
            via=via,
            timed=timed,
            sure=on is True and _surely(source, one) and _surely(target, other),
        )
        for one in source.every
        for other in target.every
        if one != other
    )
    return Fragment(movements=moved, gaps=_gaps(block, source, target, way, via))


def unseen(
    block: Block, name: str, source: Link, way: Way, *types: str, via: str, on: bool | None = None
) -> Fragment:
    """Return what blocks `name` of `block`, known only after apply, may move out of `source`."""
    if not hidden(block, name):
        return NO_FRAGMENT
    target = replace(block.link(name, *types), certainty=Certainty.OPEN)
    return moving(block, source, target, way, via=via, on=on)


def _surely(link: Link, name: str) -> bool:
    return link.sure or name in link.surely


def _gaps(block: Block, source: Link, target: Link, way: Way, via: str) -> tuple[Gap, ...]:
    if Certainty.OPEN not in (source.certainty, target.certainty):
        return ()
    end = "where it leads" if target.certainty is Certainty.OPEN else "what it takes"
    questions = _PLACES | {Question.RECOVERABILITY} if way in _COPIES else _PLACES
    about = source.every if source.certainty is not Certainty.OPEN else ()
    return (gap(block, f"{via}: {end} is known only after apply", questions, *about),)
