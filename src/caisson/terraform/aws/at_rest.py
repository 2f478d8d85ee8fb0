"""Encryption at rest, and with which keys."""

from dataclasses import dataclass, replace

from caisson.terraform.aws.keys import KEYS, NO_KEYS, KeysNamed, keys_named
from caisson.terraform.aws.presence import unset
from caisson.terraform.aws.typed import given
from caisson.terraform.fragment import Fragment
from caisson.terraform.reading import Block
from caisson.topology.resources import Holding

UNTOLD = KeysNamed(told=False)


@dataclass(frozen=True, slots=True)
class AtRest:
    """How data lies on disk, and the keys that are named for it for certain."""

    encrypted: bool | None
    keys: KeysNamed = NO_KEYS

    def on(self, holding: Holding) -> Holding:
        return replace(holding, encrypted=self.encrypted, keys=self.keys.ids)

    def gaps(self, block: Block) -> Fragment:
        return Fragment(gaps=self.keys.gaps(block))


def certain_keys(block: Block, attribute: str) -> KeysNamed:
    """Return the keys that an attribute names, none when they are not told."""
    if not given(block, attribute, *KEYS, "aws_kms_alias").sure:
        return UNTOLD
    named = keys_named(block, attribute)
    return named if named.told else UNTOLD


def by_key(block: Block | None, attribute: str, *, without: bool | None) -> AtRest:
    """Return the encryption by the key that `attribute` names; `without` when it names none.

    An attribute that is written but not told may turn out to name none.
    """
    if block is None or unset(block, attribute):
        return AtRest(without)
    keys = certain_keys(block, attribute)
    return AtRest(encrypted=True if keys.told or without else None, keys=keys)


def by_flag(block: Block, attribute: str, *, flagged: bool | None) -> AtRest:
    """Return the encryption that a flag switches, and for which `attribute` may name a key."""
    if flagged is False:
        return AtRest(encrypted=False)
    return replace(by_key(block, attribute, without=flagged), encrypted=flagged)
