"""What stands in the network for things that are named but were not read."""

from dataclasses import replace

from caisson.estate.sources import Source
from caisson.terraform.reading import Block
from caisson.topology.network import ANYWHERE, Acl, Route, RouteTable, Target, Vpc
from caisson.topology.resources import Gap, Question

PATHS = frozenset({Question.REACHABILITY, Question.ISOLATION, Question.EXPOSURE})


def gap(block: Block, what: str, *about: str) -> Gap:
    """Return a gap in what is known of paths; it may concern anything when `about` is empty."""
    return Gap(what, block.address, block.instance.type, PATHS, block.source, about)


def misplaced(block: Block, what: str) -> Gap:
    """Return a gap for a part of a thing that cannot be told: any two things may differ in it."""
    found = gap(block, what)
    return replace(found, questions=found.questions | {Question.CONSISTENCY})


def unread_vpc(vpc: str, source: Source) -> Vpc:
    return Vpc(vpc, (), source, described=False)


def unread_table(
    table: str, vpc: str, source: Source, routes: tuple[Route, ...] = ()
) -> RouteTable:
    """Return a table that may lead anywhere, besides the routes that are known of it."""
    return RouteTable(table, vpc, (*routes, *anywhere(source)), source)


def anywhere(
    source: Source, target: Target = Target.UNKNOWN, via: str | None = None
) -> tuple[Route, ...]:
    """Return the routes of which it is not known where they go."""
    return tuple(Route(each, target, via, source, sure=False) for each in ANYWHERE)


def unread_acl(acl: str, vpc: str, source: Source) -> Acl:
    return Acl(acl, vpc, (), (), source, described=False)
