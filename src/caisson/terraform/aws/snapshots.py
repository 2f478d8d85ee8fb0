"""Snapshots that somebody makes: each is a backup of the moment at which it was made."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from caisson.terraform.aws.at_rest import AtRest, by_key
from caisson.terraform.aws.carried import followed
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.presence import unset
from caisson.terraform.aws.stores import moved_to, unread
from caisson.terraform.aws.typed import given
from caisson.terraform.aws.written import text, told
from caisson.terraform.fragment import NO_FRAGMENT, Fragment, joined
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Holding, Question, Rest, Way

SHARED_WITH_ALL = "all"


@dataclass(frozen=True, slots=True)
class Snapshots:
    """A type of snapshot, and how it names what it is of: an attribute, and types."""

    type: str
    names_source: str
    sources: tuple[str, ...]
    way: Way = Way.BACKUP


def snapshots(
    reading: Reading, words: Snapshots, of_source: Callable[[Block], AtRest], system: str
) -> Fragment:
    """Return the snapshots of one type; `of_source` tells how what they are of is encrypted."""
    return joined(_snapshot(each, words, of_source, system) for each in reading.of(words.type))


def _snapshot(
    block: Block, words: Snapshots, of_source: Callable[[Block], AtRest], system: str
) -> Fragment:
    at_rest = _at_rest(block, words, of_source)
    there = at_rest.on(_placed(block, replace(holding(block, Rest.BACKUP, system))))
    public, shared = _shared(block)
    there = replace(
        there, public=public, multi_zone=True, deletion_protected=False, encrypted_in_transit=True
    )
    # It is as old as its making: nothing that is declared makes another one.
    sources = given(block, words.names_source, *words.sources)
    via = f"snapshot {block.address}"
    made = followed(block, sources, there.id, words.way, via, types=words.sources)
    return joined([Fragment(holdings=(there,)), at_rest.gaps(block), made, shared])


def _at_rest(block: Block, words: Snapshots, of_source: Callable[[Block], AtRest]) -> AtRest:
    """Return its encryption: by a key of its own, else as what it is of, in the same region."""
    if not unset(block, "kms_key_id"):
        return by_key(block, "kms_key_id", without=None)
    only = given(block, words.names_source, *words.sources).only
    if only is None or only not in block.reading.instances:
        return AtRest(None)
    return of_source(block.reading.at(only))


def _placed(block: Block, there: Holding) -> Holding:
    if unset(block, "destination_region"):
        return there
    return moved_to(there, block, text(block, "destination_region"))


def _shared(block: Block) -> tuple[bool | None, Fragment]:
    """Return whether everybody may restore it, and the gap that others may."""
    accounts = block.texts("shared_accounts")
    if SHARED_WITH_ALL in accounts.values:
        return True, NO_FRAGMENT
    if not accounts.values and told(block, "shared_accounts"):
        return False, NO_FRAGMENT
    what = f"{block.address} is shared with other accounts, and what they do with it is not told"
    questions = (Question.ACCESS, Question.ISOLATION, Question.RESIDENCY)
    return False if accounts.complete else None, unread(block, what, *questions)
