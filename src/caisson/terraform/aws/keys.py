"""Which encryption keys an attribute names; for whatever is encrypted."""

from collections.abc import Iterable
from dataclasses import dataclass

from caisson.terraform.aws.presence import gap
from caisson.terraform.model import Mode
from caisson.terraform.reading import Block, Reading
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
    """Addresses of the keys that were read, ARNs or ids of others; none is a key of the cloud's.

    Not `told` when it may be other keys too, or instead.
    """

    ids: tuple[str, ...] = ()
    told: bool = True

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
    link = block.link(attribute, *KEY_NAMES)
    found = [_key(block.reading, each, frozenset()) for each in link.to]
    outside = tuple(each for each in link.outside if _MANAGED not in each)
    return together([*found, KeysNamed(outside, link.sure)])


def together(several: Iterable[KeysNamed]) -> KeysNamed:
    every = tuple(several)
    ids = dict.fromkeys(one for each in every for one in each.ids)
    return KeysNamed(tuple(ids), all(each.told for each in every))


def _key(reading: Reading, address: str, seen: frozenset[str]) -> KeysNamed:
    """Return the key itself at `address`, behind any alias."""
    block = reading.at(address)
    if block.instance.mode is Mode.DATA:
        return _looked_up(block)
    if block.instance.type != _ALIAS:
        return KeysNamed((address,))
    link = block.link("target_key_id", *KEYS)
    behind = [_key(reading, each, seen | {address}) for each in link.to if each not in seen]
    return together([*behind, KeysNamed(link.outside, link.sure)])


def _looked_up(block: Block) -> KeysNamed:
    """Return the key that a data source finds, by its ARN where that is known."""
    name = block.text("name")
    if isinstance(name, str) and name.startswith(_MANAGED):
        return NO_KEYS
    for attribute in ("target_key_arn", "arn"):
        arn = block.text(attribute)
        if isinstance(arn, str) and ":key/" in arn:
            return KeysNamed(block.reading.links.named(arn, KEYS)[:1] or (arn,))
    return KeysNamed((block.address,))
