"""Several roots of Terraform as one reading: what one makes and another names is tied.

Each root has a name, and its instances are then called `<root>:<address>`. An id or ARN that a
root names and does not make, and a data source that finds something, stand for what another root
makes, when that has the id. What a root leaves open stays open.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from caisson.estate.patterns import of_root, root_of
from caisson.terraform.hcl.kept_state import ID, KeptState, StateId
from caisson.terraform.hcl.others import Others, Outputs, among_roots
from caisson.terraform.model import Certainty, Instance, Link, Mode
from caisson.terraform.reading import Links, Path, Reading, by_type
from caisson.terraform.resolver.index import Index, chosen, near
from caisson.topology.places import Places
from caisson.topology.resources import Gap, Resource


class Answers(Links, Protocol):
    """What answers for one root."""

    def mentions(self, address: str) -> Link: ...

    def state_read(self, address: str) -> StateId | None:
        """Return which state a `terraform_remote_state` reads; None when that is not told."""
        ...

    @property
    def outputs(self) -> Outputs:
        """Return what the root tells others."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """What was read of one root. `seeing` reads it again, with other roots in view."""

    name: str
    instances: tuple[Instance, ...]
    links: Answers
    runs_programs: Callable[[str], bool]
    gaps: tuple[Gap, ...] = ()
    state: KeptState | None = None
    seeing: "Callable[[Others], Part] | None" = None


def joined_reading(
    parts: Sequence[Part], resource: Callable[[Instance], Resource], places: Places
) -> tuple[Reading, "RootedLinks"]:
    """Return all parts as one reading, and what answers for it.

    `resource` makes a resource of an instance that is called as in its own root.
    """
    rooted = {
        new.address: (new, old)
        for part in parts
        for old in part.instances
        for new in (_rooted(part.name, old),)
    }
    instances = {address: new for address, (new, _) in rooted.items()}
    links = RootedLinks(parts, instances)
    resources = {
        address: _resource(resource(old), new, places) for address, (new, old) in rooted.items()
    }
    every = by_type(instances.values())
    return Reading(instances, resources, links, every, places.jurisdiction), links


def _rooted(root: str, instance: Instance) -> Instance:
    """Return the instance by its name among roots.

    A name for an account, or none, may say that things of one root are in one account. Whether
    those of another root are too, it does not say.
    """
    account = instance.account or "account"
    if not account.isdecimal():
        account = of_root(root, account)
    return replace(instance, address=of_root(root, instance.address), account=account)


def _resource(resource: Resource, instance: Instance, places: Places) -> Resource:
    """Return a resource by its name among roots; of its account, only a number is known there."""
    told = instance.account or ""
    account = told if told.isdecimal() else None
    environment = resource.environment or places.environment(
        instance.address, account, resource.region, resource.tags, resource.type
    )
    return replace(resource, id=instance.address, account=account, environment=environment)


class RootedLinks:
    """Answers for all roots by asking each for its own."""

    def __init__(self, parts: Sequence[Part], instances: Mapping[str, Instance]) -> None:
        self._parts = {each.name: each for each in parts}
        self._instances = instances
        self._index = Index(list(instances.values()))

    def link(self, address: str, path: Path, types: Sequence[str]) -> Link:
        root, inner = root_of(address)
        return self._seen_by_all(address, self._parts[root].links.link(inner, path, types), types)

    def named(self, text: str, types: Sequence[str]) -> tuple[str, ...]:
        return tuple(each.address for each in self._index.find(text, types))

    def written(self, address: str, path: Path) -> bool:
        root, inner = root_of(address)
        return self._parts[root].links.written(inner, path)

    def encoded(self, address: str, path: Path) -> object:
        root, inner = root_of(address)
        return _named_among_roots(root, self._parts[root].links.encoded(inner, path))

    def mentions(self, address: str) -> Link:
        """Return everything that an instance refers to, of any type."""
        root, inner = root_of(address)
        return self._seen_by_all(address, self._parts[root].links.mentions(inner), ())

    def runs_programs(self, address: str) -> bool:
        root, inner = root_of(address)
        return self._parts[root].runs_programs(inner)

    def _seen_by_all(self, address: str, link: Link, types: Sequence[str]) -> Link:
        """Return a link of one root as all roots together see it."""
        root, _ = root_of(address)
        asking = self._instances[address]
        own = {each: self._made(among_roots(root, each)) for each in link.to}
        to = dict.fromkeys(own.values())
        outside: dict[str, None] = {}
        certainty = link.certainty
        for text in link.outside:
            found = chosen(near(asking, self._index.find(text, types), text))
            to.update((each.address, None) for each in found)
            if not found:
                outside[text] = None
            elif len(found) > 1 and certainty is Certainty.EXACT:
                certainty = Certainty.AMONG
        surely = tuple(own.get(each, each) for each in link.surely)
        return Link(tuple(to), tuple(outside), certainty, surely)

    def _made(self, address: str) -> str:
        """Return what a data source finds, when one root makes it; else the address."""
        instance = self._instances.get(address)
        if instance is None or instance.mode is not Mode.DATA:
            return address
        for word in ("arn", "id"):
            text = instance.values.get(word)
            if isinstance(text, str) and text:
                found = self._index.find(text, (instance.type,))
                made = [each for each in found if each.mode is Mode.MANAGED]
                if len(near(instance, made, text)) == 1:
                    return made[0].address
        return address


_NAMED = re.compile(r"<((?:aws_|data\.|module\.)[^<>]+)>")


def _named_among_roots(root: str, document: object) -> object:
    """Return a document in which what stands for a name says of which root that is."""
    match document:
        case str():
            return _NAMED.sub(lambda found: f"<{of_root(root, found[1])}>", document)
        case list():
            return [_named_among_roots(root, each) for each in document]
        case dict():
            return {
                _named_among_roots(root, key): _named_among_roots(root, each)
                for key, each in document.items()
            }
        case _:
            return document


def rooted_states(parts: Iterable[Part], places: Places) -> Iterator[Resource]:
    """Yield the places in which the roots keep their states, as far as they say it."""
    for part in parts:
        if part.state is not None and part.state.written:
            yield part.state.resource(of_root(part.name, ID), places)


def rooted_gaps(part: Part) -> Iterator[Gap]:
    """Yield the gaps of one root as they are among several."""
    for each in part.gaps:
        about = tuple(of_root(part.name, name) for name in each.about)
        resource = of_root(part.name, each.resource) if each.about else each.resource
        yield replace(each, resource=resource, about=about)
