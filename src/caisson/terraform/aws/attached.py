"""What hangs on a thing: the cloud tells of one thing by several resources."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from caisson.terraform.aws.naming import together
from caisson.terraform.model import Link
from caisson.terraform.reading import Block


@dataclass(frozen=True, slots=True)
class Attached:
    """Blocks by the address of what they name: those that surely do, and those that perhaps do.

    `loose` are those of which it is not known what they name; they may name anything.
    """

    surely: Mapping[str, tuple[Block, ...]] = field(default_factory=dict)
    maybe: Mapping[str, tuple[Block, ...]] = field(default_factory=dict)
    loose: tuple[Block, ...] = ()

    def to(self, address: str) -> tuple[Block, ...]:
        return self.surely.get(address, ())

    def perhaps_to(self, address: str) -> tuple[Block, ...]:
        """Return what may hang on it, without what surely does."""
        return (*self.maybe.get(address, ()), *self.loose)

    def all_to(self, address: str) -> tuple[tuple[Block, bool], ...]:
        """Return what hangs or may hang on it, and whether it surely does."""
        sure = tuple((each, True) for each in self.to(address))
        return (*sure, *((each, False) for each in self.perhaps_to(address)))


def named(block: Block, attribute: str, *types: str) -> Link:
    """Return what the attribute names, going on where it names something that names that.

    `bucket = aws_s3_bucket_versioning.files.bucket` names the bucket of the versioning.
    """
    return _named(block, attribute, types, frozenset({block.address}))


def _named(block: Block, attribute: str, types: tuple[str, ...], seen: frozenset[str]) -> Link:
    link = block.link(attribute, *types)
    onward, here = [], []
    for each in link.to:
        instance = block.reading.instances.get(each)
        if instance and instance.type not in types and attribute in instance.values:
            onward.append(each)
        else:
            here.append(each)
    further = [
        _named(block.reading.at(each), attribute, types, seen | {each})
        for each in onward
        if each not in seen
    ]
    return together([Link(tuple(here), link.outside, link.certainty), *further])


def attached(blocks: Iterable[Block], attribute: str, *types: str) -> Attached:
    """Return `blocks` by what their `attribute` names, among instances of `types`."""
    surely: dict[str, tuple[Block, ...]] = {}
    maybe: dict[str, tuple[Block, ...]] = {}
    loose: list[Block] = []
    for block in blocks:
        link = named(block, attribute, *types)
        certain = link.sure and len(link.every) == 1
        into = surely if certain else maybe
        for address in link.to:
            into[address] = (*into.get(address, ()), block)
        if not link.every and not link.sure:
            loose.append(block)
    return Attached(surely, maybe, tuple(loose))
