"""The front door of writing: an estate becomes the text of its Terraform."""

from caisson.estate.mistakes import EstateErrors
from caisson.estate.model import Estate
from caisson.estate.sources import Sources
from caisson.terraform.writing.aws import roots
from caisson.terraform.writing.blueprint import Blueprint, blueprint
from caisson.terraform.writing.limits import limits
from caisson.terraform.writing.model import Rendering
from caisson.terraform.writing.refusals import refusals
from caisson.terraform.writing.twins import twins
from caisson.topology.model import Topology


def plan_of(estate: Estate, sources: Sources, topology: Topology) -> Blueprint:
    """Return where everything of an estate lies on AWS; `topology` is that of `estate`.

    Raises EstateErrors with everything that cannot be kept or made there.
    """
    mistakes = tuple(refusals(estate, sources))
    if mistakes or estate.aws is None:
        raise EstateErrors(list(mistakes))
    return blueprint(estate, sources, topology, estate.aws)


def render(estate: Estate, sources: Sources, topology: Topology) -> Rendering:
    """Return the roots that make `topology` real on AWS; the same estate gives the same roots.

    Raises EstateErrors, as `plan_of` does.
    """
    rendering = roots.rendering(plan_of(estate, sources, topology))
    if mistakes := (*twins(rendering, sources), *limits(rendering, sources)):
        raise EstateErrors(mistakes)
    return rendering
