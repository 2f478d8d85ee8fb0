"""Roots that read each other's outputs out of their states: `terraform_remote_state` is followed.

Which root keeps its state where another one reads is told by the backend's bucket and key, or what
stands for them. Where that is not told, or two keep it there, what is read may be anything.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from caisson.estate.patterns import root_of
from caisson.terraform.hcl.kept_state import REMOTE_STATE, StateId
from caisson.terraform.hcl.others import Outputs, among_roots, seen_from_others
from caisson.terraform.hcl.values import Reference, Steps, Value
from caisson.terraform.model import Certainty, Instance, Link
from caisson.terraform.roots import Part

_UNTOLD = Link(certainty=Certainty.OPEN)


def seeing_each_other(parts: Sequence[Part]) -> list[Part]:
    """Return the parts, each read with what the others say in their outputs."""
    return _Roots(parts).read()


class _Roots:
    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = {each.name: each for each in parts}
        self._keepers: dict[StateId, list[str]] = {}
        for each in parts:
            if each.state is not None and each.state.id is not None:
                self._keepers.setdefault(each.state.id, []).append(each.name)
        self._visited: set[str] = set()
        self._asked: set[str] = set()

    def read(self) -> list[Part]:
        for name in tuple(self._parts):
            self._visit(name)
        return list(self._parts.values())

    def _visit(self, name: str) -> None:
        """Read a root again, with those that it needs before it; of a circle, in some order."""
        if name in self._visited:
            return
        self._visited.add(name)
        needed = {each for state in self._read_by(name) for each in self.keepers(state, name)}
        for each in sorted(needed):
            self._visit(each)
        part = self._parts[name]
        if needed and part.seeing is not None:
            self._parts[name] = replace(part.seeing(_Seen(self, name)), name=name)

    def _read_by(self, name: str) -> Iterator[StateId]:
        part = self._parts[name]
        for each in part.instances:
            if each.type == REMOTE_STATE and (state := part.links.state_read(each.address)):
                yield state

    def keepers(self, state: StateId, reader: str) -> list[str]:
        return [each for each in self._keepers.get(state, ()) if each != reader]

    def outputs(self, root: str) -> Outputs | None:
        return self._parts[root].links.outputs if root in self._parts else None

    @contextmanager
    def asking(self, root: str) -> Iterator[Outputs | None]:
        """Give the outputs of a root; None while they are worked out, which goes in circles."""
        if root in self._asked:
            yield None
            return
        self._asked.add(root)
        try:
            yield self.outputs(root)
        finally:
            self._asked.discard(root)


class _Seen:
    """The other roots, as `reader` sees them; see `Others`."""

    def __init__(self, roots: _Roots, reader: str) -> None:
        self._roots = roots
        self._reader = reader

    def outputs(self, state: StateId, reading: Reference) -> Value | None:
        keepers = self._roots.keepers(state, self._reader)
        if len(keepers) != 1:
            return None
        with self._roots.asking(keepers[0]) as outputs:
            return None if outputs is None else outputs.seen(keepers[0], reading)

    def output(self, asking: Instance, state: StateId, steps: Steps, types: Sequence[str]) -> Link:
        keepers = self._roots.keepers(state, self._reader)
        links = [self._output(each, asking, steps, types) for each in keepers]
        if len(links) == 1:
            return links[0]
        to = dict.fromkeys(one for each in links for one in each.to)
        outside = dict.fromkeys(one for each in links for one in each.outside)
        return Link(tuple(to), tuple(outside), Certainty.OPEN)

    def _output(self, root: str, asking: Instance, steps: Steps, types: Sequence[str]) -> Link:
        with self._roots.asking(root) as outputs:
            return _UNTOLD if outputs is None else _seen(root, outputs.link(asking, steps, types))

    def attribute(self, reference: Reference, step: str | int) -> Value:
        root, inner = root_of(reference.address)
        with self._roots.asking(root) as outputs:
            if outputs is None:
                return Reference(reference.address, (*reference.path, step))
            value = outputs.attribute(Reference(inner, reference.path), step)
            return seen_from_others(root, value)

    def follow(self, reference: Reference) -> Value:
        root, inner = root_of(reference.address)
        with self._roots.asking(root) as outputs:
            if outputs is None:
                return None
            return seen_from_others(root, outputs.follow(Reference(inner, reference.path)))

    def link(self, asking: Instance, reference: Reference, types: Sequence[str]) -> Link:
        root, inner = root_of(reference.address)
        with self._roots.asking(root) as outputs:
            if outputs is None:
                return _UNTOLD
            return _seen(root, outputs.named(asking, Reference(inner, reference.path), types))


def _seen(root: str, link: Link) -> Link:
    """Return a link of one root as all call its things."""
    to = tuple(among_roots(root, each) for each in link.to)
    surely = tuple(among_roots(root, each) for each in link.surely)
    return Link(to, link.outside, link.certainty, surely)
