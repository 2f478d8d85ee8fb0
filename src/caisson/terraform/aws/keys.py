"""Which encryption keys an attribute names; for whatever is encrypted."""

from collections.abc import Iterable
from dataclasses import dataclass

from caisson.terraform.aws.presence import gap
from caisson.terraform.model import Link, Mode
from caisson.terraform.reading import Block, Reading
from caisson.topology.arns import Arn
from caisson.topology.resources import Gap, Question

KEYS = (
    "aws_kms_key",
    "aws_kms_replica_key",
    "aws_kms_external_key",
    "aws_kms_replica_external_key",
)
_ALIAS = "aws_kms_alias"
KEY_NAMES = (*KEYS, _ALIAS)
# Keys that the cloud keeps for each account and service; nobody can take them away or share them.
_MANAGED = "alias/aws/"
_CONCERNED = frozenset({Question.ISOLATION, Question.RECOVERABILITY})


@dataclass(frozen=True, slots=True)
class KeysNamed:
    """Keys that are named for certain: addresses of those that were read, ARNs or ids of others.

    None is a key of the cloud's. Not `told` when it may be other keys too, or instead, of which
    `perhaps` are those that are known.
    """

    ids: tuple[str, ...] = ()
    told: bool = True
    perhaps: tuple[str, ...] = ()

    @property
    def every(self) -> tuple[str, ...]:
        return (*self.ids, *self.perhaps)

    @property
    def unsure(self) -> "KeysNamed":
        return KeysNamed((), False, self.every)

    def gaps(self, block: Block) -> tuple[Gap, ...]:
        """Return what is to be said when the keys of `block` are not told."""
        if self.told:
            return ()
        what = f"the key that encrypts {block.address} is known only after apply"
        return (gap(block, what, _CONCERNED, block.address),)


NO_KEYS = KeysNamed()


def keys_named(block: Block, attribute: str) -> KeysNamed:
    """Return the keys that an attribute names by id, ARN or alias."""
    if not block.written(attribute):
        return NO_KEYS
    return _linked(block.reading, block.link(attribute, *KEY_NAMES), frozenset())


def together(several: Iterable[KeysNamed]) -> KeysNamed:
    every = tuple(several)
    ids = dict.fromkeys(one for each in every for one in each.ids)
    perhaps = dict.fromkeys(one for each in every for one in each.perhaps if one not in ids)
    return KeysNamed(tuple(ids), all(each.told for each in every), tuple(perhaps))


def _linked(reading: Reading, link: Link, seen: frozenset[str]) -> KeysNamed:
    found = []
    for each in (one for one in link.every if one not in seen and _MANAGED not in one):
        here = _key(reading, each, seen) if each in link.to else KeysNamed((each,))
        found.append(here if each in link.certain else here.unsure)
    return together([*found, KeysNamed(told=link.sure)])


def _key(reading: Reading, address: str, seen: frozenset[str]) -> KeysNamed:
    """Return the key itself at `address`, behind any alias."""
    block = reading.at(address)
    if block.instance.mode is Mode.DATA:
        return _looked_up(block)
    if block.instance.type != _ALIAS:
        return KeysNamed((address,))
    return _linked(reading, block.link("target_key_id", *KEYS), seen | {address})


def _looked_up(block: Block) -> KeysNamed:
    """Return the key that a data source finds, by its ARN where that is known."""
    asked = (block.text("name"), block.text("key_id"))  # of an alias, of a key
    if any(isinstance(each, str) and _MANAGED in each for each in asked):
        return NO_KEYS
    for attribute in ("target_key_arn", "arn"):
        text = block.text(attribute)
        arn = Arn.parse(text) if isinstance(text, str) else None
        if arn and arn.resource.startswith("key/"):
            return KeysNamed(block.reading.links.named(str(arn), KEYS)[:1] or (str(arn),))
    return KeysNamed((block.address,))
