"""The answer to what an attribute names, for everything that was read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property

from caisson.terraform.configuration import Configuration, Plain, Written
from caisson.terraform.hcl.kept_state import StateId, asked_state
from caisson.terraform.hcl.others import OUTPUTS, Others, Outputs
from caisson.terraform.model import NOTHING, UNKNOWN, Certainty, Instance, Link
from caisson.terraform.reading import Links, Path
from caisson.terraform.resolver.attributes import Types
from caisson.terraform.resolver.defaults import filled_in
from caisson.terraform.resolver.follow import Around, Follower
from caisson.terraform.resolver.index import Index, chosen, is_of_one, near
from caisson.terraform.resolver.named import ANYTHING, NONE, Named, at_best, together, worst
from caisson.terraform.resolver.nullness import Nullness
from caisson.terraform.resolver.outputs import PlannedOutputs
from caisson.terraform.resolver.places import Found, expressions_in, place
from caisson.terraform.resolver.references import Steps, references, words_of
from caisson.terraform.resolver.scopes import Scope, name_of, scopes
from caisson.terraform.resolver.values import leads, step_into, texts, unknown_leaves, value_at
from caisson.terraform.rows import ModuleRow

_UNTOLD = Link(certainty=Certainty.OPEN)
# Of what has the type (first) and the path (second), many can be named at once.
Collections = AbstractSet[tuple[str, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is around the instances of a root: what it says in its outputs, and the other roots.

    `folder` is that of its configuration, empty when it is not there, and `text` what its outputs
    are as written.
    """

    outputs: Mapping[str, object] = field(default_factory=dict)
    others: Others | None = None
    folder: str = ""
    text: Outputs | None = None


ALONE = Surroundings()


class Resolver:
    """Answers from a plan alone, or from a state.

    `collections` says which attributes are lists or sets, where that is not seen by their values.
    `better`, which knows more than the plan tells, is asked first.
    """

    def __init__(
        self,
        configuration: Configuration,
        modules: Iterable[ModuleRow],
        instances: Sequence[Instance],
        collections: Collections = frozenset(),
        better: Links | None = None,
        surroundings: Surroundings = ALONE,
    ) -> None:
        self._instances = {each.address: each for each in instances}
        self._index = Index(instances)
        self._scopes = scopes(configuration, modules, instances)
        self._follower = Follower(
            configuration, self._instances, self._ids, self._attribute, self._elsewhere
        )
        self._nullness = Nullness(configuration)
        self._collections = collections
        self._better = better
        self._surroundings = surroundings
        self._following: set[tuple[str, Steps]] = set()
        # Many ask about the same attributes, and many attributes name the same thing.
        self._links: dict[tuple[str, Path, Types], Link] = {}
        self._of_ids: dict[tuple[str, Types], Link] = {}
        self._writings: dict[tuple[str, Path], bool] = {}

    def link(self, address: str, path: Path, types: Sequence[str]) -> Link:
        instance, wanted = self._instances[address], tuple(types)
        value = value_at(instance.values, path)
        if value is None or value in ("", [], {}):
            return NOTHING
        if type(value) is str:
            return self._of_text(instance, value, wanted)
        key = (address, path, wanted)
        if (known := self._links.get(key)) is None:
            known = self._links[key] = self._link(instance, path, value, wanted)
        return known

    def _of_text(self, instance: Instance, text: str, wanted: Types) -> Link:
        """Return what a known text names; an id or ARN names the same for whoever asks."""
        key = (text, wanted)
        if (known := self._of_ids.get(key)) is not None:
            return known
        found = _link(self._told(instance, text, wanted))
        if is_of_one(text):
            self._of_ids[key] = found
        return found

    def written(self, address: str, path: Path) -> bool:
        key = (address, path)
        if (known := self._writings.get(key)) is None:
            known = self._writings[key] = self._is_written(*key)
        return known

    def _link(self, instance: Instance, path: Path, value: object, wanted: Types) -> Link:
        if value is not UNKNOWN and not unknown_leaves(value):
            return _link(self._told(instance, value, wanted))
        better = _UNTOLD
        if self._better is not None:
            better = self._better.link(instance.address, path, wanted)
        if better.sure:
            return better
        own = self._unknown(instance, path, value, wanted)
        return own if own.sure or better.certainty is Certainty.OPEN else better

    def named(self, text: str, types: Sequence[str]) -> tuple[str, ...]:
        return tuple(each.address for each in self._index.find(text, types))

    def _is_written(self, address: str, path: Path) -> bool:
        if self._better is not None:
            return self._better.written(address, path)
        instance = self._instances[address]
        found = self._place(instance, path)
        if found is None or found.hidden:
            return True
        return bool(found.expressions) and not self._is_null(instance, found)

    def encoded(self, address: str, path: Path) -> object:
        """Return what only the configuration's own text tells; a plan drops the literals."""
        return UNKNOWN if self._better is None else self._better.encoded(address, path)

    def mentions(self, address: str) -> Link:
        """Return everything that an instance refers to, of any type."""
        instance = self._instances[address]
        scope, written = self._written(instance)
        known = self._index.find
        told = (each for text in texts(instance.values) for each in chosen(known(text, ())))
        every = [Named(tuple(dict.fromkeys(each.address for each in told if each is not instance)))]
        if written is not None:
            around = self._around(scope, instance)
            follow = self._follower.expression
            every += [follow(scope, around, e, ()) for e in _all(written.expressions.values())]
        return _link(together(every))

    def state_read(self, address: str) -> StateId | None:
        """Return which state a data source reads; None when that is not told."""
        return asked_state(self._instances[address].values, self._surroundings.folder)

    @cached_property
    def outputs(self) -> PlannedOutputs:
        """Return what the root tells others."""
        root = self._scopes[""]
        better = self._surroundings.text
        follow = self._follower.expression
        return PlannedOutputs(
            self._surroundings.outputs,
            root.module,
            lambda plain, types, steps: follow(root, None, plain, types, steps),
            better,
        )

    def _elsewhere(self, instance: Instance, steps: Steps, types: Types) -> Named:
        """Return what an output names that a data source reads out of another root's state."""
        others, state = self._surroundings.others, self.state_read(instance.address)
        if others is None or state is None or len(steps) <= 1 or steps[0] != OUTPUTS:
            return ANYTHING
        link = others.output(instance, state, steps[1:], types)
        return Named(link.to, (), link.outside, link.certainty)

    def runs_programs(self, address: str) -> bool:
        """Return whether an instance was written with provisioners, or is a program's result."""
        instance = self._instances[address]
        _, written = self._written(instance)
        return written is not None and written.runs_programs

    def _unknown(self, instance: Instance, path: Path, value: object, types: Types) -> Link:
        found = self._place(instance, path)
        if found is None or not (found.expressions or found.hidden):
            return _UNTOLD
        scope, _ = self._written(instance)
        around = self._around(scope, instance)
        named = self._followed(scope, around, found, types)
        if found.merged is not None:
            named = at_best(named, self._merged(instance, found))
        if isinstance(value, list):
            return self._listed(instance, value, named, types)
        many = isinstance(value, Mapping) or (instance.type, _words(path)) in self._collections
        link = _hidden(named, alone=_alone(found)) if many else _one(named)
        default = filled_in(instance.type, _words(path)[-1])
        may_be_null = default and self._is_null(instance, found) is not False
        return Link(link.to, link.outside, Certainty.OPEN) if may_be_null else link

    def _is_null(self, instance: Instance, found: Found) -> bool | None:
        """Return whether what is written is null, and nobody chose a value."""
        if found.hidden or not found.expressions:
            return None
        scope, _ = self._written(instance)
        around = self._around(scope, instance)
        answers = {self._nullness.of(scope, around, each) for each in found.expressions}
        return answers.pop() if len(answers) == 1 else None

    def _followed(self, scope: Scope, around: Around | None, found: Found, types: Types) -> Named:
        every = [self._follower.expression(scope, around, e, types) for e in found.expressions]
        if found.hidden:
            every.append(at_best(self._follower.reached(scope, types), Certainty.OPEN))
        named = together(every)
        one = len(found.expressions) == 1
        return named if one else at_best(named, Certainty.AMONG)

    def _merged(self, instance: Instance, found: Found) -> Certainty:
        """Return how certain it is that no dynamic block is among those merged into one.

        Where as many values are unknown as references are written, each has one.
        """
        written = len(references(words_of(found.expressions[0])))
        unknown = unknown_leaves(value_at(instance.values, found.merged or ()))
        return Certainty.EXACT if written == unknown else Certainty.OPEN

    def _listed(
        self, instance: Instance, value: Sequence[object], named: Named, types: Types
    ) -> Link:
        """Return the link of a list of which some elements are known."""
        told = self._told(instance, [each for each in value if each is not UNKNOWN], types)
        unknown = sum(each is UNKNOWN for each in value)
        every = together([named, told])
        if named.certainty is Certainty.OPEN:
            return _link(every)
        if len(named.every or named.other) == unknown:  # each of them once
            return _link(Named(every.to, every.other, every.outside, told.certainty))
        return _link(at_best(every, Certainty.AMONG if named.every else Certainty.OPEN))

    def _attribute(self, instance: Instance, steps: Steps, types: Types) -> Named | None:
        """Return what an attribute of an instance names; None when nobody wrote it."""
        value: object = instance.values
        for step in steps:
            if not leads(value, step):
                return None
            value = step_into(value, step)
        if value is not UNKNOWN:
            return self._told(instance, value, types)
        key = (instance.address, steps)
        found = self._place(instance, steps)
        if found is None or not (found.expressions or found.hidden):
            return None
        if key in self._following:
            return ANYTHING
        self._following.add(key)
        try:
            scope, _ = self._written(instance)
            named = self._followed(scope, self._around(scope, instance), found, types)
            hides = (instance.type, _words(steps)) in self._collections
            return at_best(named, Certainty.OPEN) if hides else named
        finally:
            self._following.discard(key)

    def _told(self, instance: Instance, value: object, types: Types) -> Named:
        """Return what a known value names; a name that several things have is one of theirs."""
        to: dict[str, None] = {}
        other: dict[str, None] = {}
        outside: dict[str, None] = {}
        certainty = Certainty.EXACT
        for text in texts(value):
            found = chosen(near(instance, self._index.find(text, types), text))
            if found:
                to.update((each.address, None) for each in found)
                if len(found) > 1:
                    certainty = Certainty.AMONG
                continue
            others = chosen(near(instance, self._index.find(text, ()), text))
            if others and is_of_one(text):
                other.update((each.address, None) for each in others)
            else:
                outside[text] = None
        return Named(tuple(to), tuple(other), tuple(outside), certainty)

    def _ids(self, value: object, types: Types) -> Named:
        """Return what ids and ARNs inside of a known value name; other texts may be anything."""
        to: dict[str, None] = {}
        outside: dict[str, None] = {}
        for text in texts(value):
            if is_of_one(text):
                found = [each.address for each in chosen(self._index.find(text, types))]
                to.update(dict.fromkeys(found))
                outside.update({} if found else {text: None})
        return Named(tuple(to), (), tuple(outside)) if to or outside else NONE

    def _place(self, instance: Instance, path: Path) -> Found | None:
        """Return where an attribute was written; None when there is no configuration."""
        _, written = self._written(instance)
        return None if written is None else place(written.expressions, instance.values, path)

    def _written(self, instance: Instance) -> tuple[Scope, Written | None]:
        scope = self._scopes.get(instance.module) or self._scopes[""]
        return scope, scope.module.written.get(name_of(instance))

    def _around(self, scope: Scope, instance: Instance) -> Around | None:
        if instance.key is None:
            return None
        name = name_of(instance)
        repeat = scope.module.written[name].repeat
        return Around(scope, repeat, instance.key, scope.resources[name].keys())


def _link(named: Named) -> Link:
    """Return a link; what has another type counts only where nothing else is named."""
    return Link(named.to or (() if named.outside else named.other), named.outside, named.certainty)


def _one(named: Named) -> Link:
    """Return the link of an attribute that names one thing, if all that may be it is given."""
    link = _link(named)
    if len(link.every) == 1:
        return link
    return Link(link.to, link.outside, worst((link.certainty, _of_many(link.every))))


def _of_many(every: Sequence[str]) -> Certainty:
    return Certainty.AMONG if every else Certainty.OPEN


def _hidden(named: Named, *, alone: bool) -> Link:
    """Return the link of a set of which nothing is known but the references in its expression.

    Literals that stand beside them are hidden, so there may be others. `alone`: there are
    references to certain instances only, so that nothing can choose among them.
    """
    link = _link(named)
    certain = named.certainty is Certainty.EXACT and (alone or len(link.to) == 1)
    return Link(link.to, link.outside, Certainty.OPEN, link.to if certain else ())


def _alone(found: Found) -> bool:
    every = [one for each in found.expressions for one in references(words_of(each))]
    return not found.hidden and all(each.root == "resource" for each in every)


def _all(written: Iterable[object]) -> Iterator[Plain]:
    for each in written:
        yield from expressions_in(each)


def _words(path: Path) -> tuple[str, ...]:
    return tuple(step for step in path if isinstance(step, str))
