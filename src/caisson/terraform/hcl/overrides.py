"""Files that override what others say: `override.tf`, `*_override.tf`, and the same in JSON."""

import posixpath
from collections.abc import Iterable

from caisson.terraform.hcl.syntax import Block, Body, Literal


def overrides(path: str) -> bool:
    """Return whether a file is one that overrides others."""
    name = posixpath.basename(path).removesuffix(".json").removesuffix(".tf")
    return name == "override" or name.endswith("_override")


def overridden(blocks: Iterable[Block], overriding: Iterable[Block]) -> tuple[Block, ...]:
    """Return the blocks, each replaced attribute by attribute by the one that is called as it is.

    What has no name is added behind the others, of which the last counts.
    """
    found = list(blocks)
    places = {_called(each): at for at, each in enumerate(found)}
    for over in overriding:
        at = places.get(_called(over)) if over.labels else None
        if at is None:
            found.append(over)
        else:
            found[at] = _replaced(found[at], over)
    return tuple(found)


def _called(block: Block) -> tuple[str, ...]:
    """Return what tells a block from others; configurations of one provider, by their alias."""
    return (block.type, *block.labels, _alias(block) if block.type == "provider" else "")


def _alias(block: Block) -> str:
    alias = block.body.attributes.get("alias")
    told = alias.expression if alias is not None else None
    return str(told.value) if isinstance(told, Literal) else ""


def _replaced(block: Block, over: Block) -> Block:
    def read() -> Body:
        new = {_kind(each) for each in over.body.blocks}
        kept = tuple(each for each in block.body.blocks if _kind(each) not in new)
        attributes = {**block.body.attributes, **over.body.attributes}
        return Body(attributes, (*kept, *over.body.blocks))

    return Block(block.type, block.labels, block.source, read)


def _kind(block: Block) -> str:
    """Return of which kind a nested block is, or is made."""
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type
