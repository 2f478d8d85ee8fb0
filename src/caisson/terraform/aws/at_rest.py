"""Encryption at rest, and with which keys."""

from dataclasses import dataclass, replace

from caisson.terraform.aws.keys import NO_KEYS, KeysNamed, keys_named
from caisson.terraform.fragment import Fragment
from caisson.terraform.reading import Block
from caisson.topology.resources import Holding


@dataclass(frozen=True, slots=True)
class AtRest:
    """How data lies on disk, and the keys that are named for it."""

    encrypted: bool | None
    keys: KeysNamed = NO_KEYS

    def on(self, holding: Holding) -> Holding:
        return replace(holding, encrypted=self.encrypted, keys=self.keys.ids)

    def gaps(self, block: Block) -> Fragment:
        return Fragment(gaps=self.keys.gaps(block))


def by_key(block: Block | None, attribute: str, *, without: bool | None) -> AtRest:
    """Return the encryption by the key that `attribute` names; `without` when it names none."""
    if block is None or not block.written(attribute):
        return AtRest(without)
    return AtRest(encrypted=True, keys=keys_named(block, attribute))


def by_flag(block: Block, attribute: str, *, flagged: bool | None) -> AtRest:
    """Return the encryption that a flag switches, and for which `attribute` may name a key."""
    if flagged is False:
        return AtRest(encrypted=False)
    return replace(by_key(block, attribute, without=flagged), encrypted=flagged)
