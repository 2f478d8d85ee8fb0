"""The front door: the bytes of a Terraform document become a topology."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from caisson.terraform.aws.catalogue import TRANSLATORS
from caisson.terraform.aws.neutral import NEUTRAL, PARTIAL
from caisson.terraform.configuration import Configuration, configuration
from caisson.terraform.document import Kind, parse
from caisson.terraform.instances import planned, present
from caisson.terraform.resolver.links import Resolver
from caisson.terraform.topology import Understood, reading_of, topology_of
from caisson.topology.model import Topology
from caisson.topology.places import Places

_NOBODY_SAID = Places()


def read(file: str, content: bytes, places: Places = _NOBODY_SAID) -> Topology:
    """Return the topology of the plan or state in `content`; `file` is its name.

    Raises EstateErrors when it cannot be read whole.
    """
    with _few_collections():
        document = parse(file, content)
        written = (
            configuration(file, document.content) if document.kind is Kind.PLAN else Configuration()
        )
        listed = planned(document, written) if document.kind is Kind.PLAN else present(document)
        resolver = Resolver(written, listed.modules, listed.instances, listed.collections)
        reading = reading_of(listed.instances, resolver, places)
        return topology_of(
            file,
            reading,
            Understood(TRANSLATORS, NEUTRAL, PARTIAL),
            resolver.mentions,
            resolver.runs_programs,
        )


@contextmanager
def _few_collections() -> Iterator[None]:
    """While millions of objects are made, and none is given up, looking for cycles is in vain."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
