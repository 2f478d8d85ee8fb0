"""Two things of one name in a root, of which Terraform would know the second alone.

Names of blocks are made of the estate's own: `us` and `west-web` run together as `us-west` and
`web` do. What was renamed has its former names too.
"""

from collections import Counter
from collections.abc import Iterator

from caisson.estate.mistakes import Mistake
from caisson.estate.sources import Sources
from caisson.terraform.writing.model import Block, Output, Rendering, Root


def twins(rendering: Rendering, sources: Sources) -> Iterator[Mistake]:
    for root in rendering.roots:
        for name, number in Counter(_names(root)).items():
            if number > 1:
                what = f"{root.path} would have {number} of the name `{name}`"
                remedy = "give one of the regions, stores or services that it is made of another"
                yield Mistake(sources.whole, what, f"{remedy} name")


def _names(root: Root) -> Iterator[str]:
    for part in root.parts:
        match part:
            case Block():
                yield from part.addresses
            case Output():
                yield f"output.{part.name}"
            case _:
                pass
