"""What an attribute names, as long as it is of a type that can be read as such."""

from dataclasses import replace

from caisson.terraform.aws import presence
from caisson.terraform.model import Certainty, Link
from caisson.terraform.reading import Block


def given(block: Block, name: str, *types: str) -> Link:
    """Return what an attribute names among `types`, nothing when nobody wrote it.

    A link may lead to something of another type, from which the value comes in a way that is not
    known; then what is meant may be anything.
    """
    link = presence.given(block, name, *types)
    instances = block.reading.instances
    fitting = tuple(each for each in link.to if instances[each].type in types)
    if len(fitting) == len(link.to):
        return link
    surely = tuple(each for each in link.certain if each in fitting)
    return replace(link, to=fitting, certainty=Certainty.OPEN, surely=surely)
