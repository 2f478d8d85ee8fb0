"""Whether an expression is null, so that the provider's own choice is what becomes of it.

An attribute that is filled in when it is null is unknown in a plan in either case.
"""

from collections.abc import Iterator, Mapping, Sequence

from caisson.terraform.configuration import Configuration, Plain
from caisson.terraform.model import UNKNOWN, Instance
from caisson.terraform.resolver.defaults import stays_null
from caisson.terraform.resolver.follow import Around, around_module
from caisson.terraform.resolver.references import Reference, Steps, references, words_of
from caisson.terraform.resolver.scopes import Key, Scope
from caisson.terraform.resolver.values import part_of, value_at

_DEEPEST = 40
# What an attribute that is filled in has when nobody gives it a value: a provider does not tell
# what is empty from what is null.
_NOTHING: tuple[object, ...] = (None, "", [], {})


class Nullness:
    """Answers True for what is null, False for what is not, None when it cannot be told."""

    def __init__(self, configuration: Configuration) -> None:
        self._inputs = configuration.inputs
        self._needed: dict[str, frozenset[str]] = {}

    def of(
        self,
        scope: Scope,
        around: Around | None,
        plain: Plain,
        steps: Steps = (),
        depth: int = 0,
    ) -> bool | None:
        """Return whether an expression is null; `steps` lead further into its value."""
        if "constant_value" in plain:
            return part_of(plain["constant_value"], steps) in _NOTHING
        every = references(words_of(plain))
        if not every or depth > _DEEPEST:
            return None
        if len(every) == 1:
            return self._alone(scope, around, every[0], steps, depth)
        if _is_chosen_by_key(every):
            return self._of_things(scope, every[0], steps)
        return self._of_several(scope, every)

    def _of_several(self, scope: Scope, every: Sequence[Reference]) -> bool | None:
        """Return whether one of several things is null: a known one may be a condition for it."""
        if any(each.root != "resource" for each in every):
            return None
        there = (each for each in every if scope.resources.get(each.name))
        answers = {self._of_things(scope, each, ()) for each in there}
        return False if answers == {False} else None

    def _alone(
        self, scope: Scope, around: Around | None, ref: Reference, steps: Steps, depth: int
    ) -> bool | None:
        inner = (*ref.steps, *steps)
        match ref.root:
            case "resource":
                return self._of_things(scope, ref, steps)
            case "var":
                return self._variable(scope, ref.name, inner, depth)
            case "local" if not inner and self._is_needed(scope, ref.name):
                return False
            case "module":
                return self._output(scope, ref, inner, depth)
            case "each" if ref.name == "value" and around is not None and around.repeat is not None:
                return self._each(around, inner)
            case _:
                return None

    def _of_things(self, scope: Scope, ref: Reference, steps: Steps) -> bool | None:
        """Return False when the attribute is unknown, for then it has a value after apply."""
        instances = scope.resources.get(ref.name, {})
        chosen = instances.values() if ref.key is None else [instances.get(ref.key)]
        path = (*ref.steps, *steps)
        if not path:
            return False
        return _agreed([_of_value(each, path) for each in chosen if each is not None])

    def _is_needed(self, scope: Scope, local: str) -> bool:
        """Return whether a local is unknown where null would have been told as null."""
        if (found := self._needed.get(scope.address)) is None:
            found = frozenset(_needed(scope))
            self._needed[scope.address] = found
        return local in found

    def _variable(self, scope: Scope, name: str, steps: Steps, depth: int) -> bool | None:
        declared = scope.module.variables.get(name)
        default = None if declared is None else declared.default
        if scope.parent is None or scope.call is None:
            return _known(part_of(self._inputs.get(name, default), steps))
        given = scope.call.expressions.get(name)
        if given is None:
            return _known(part_of(default, steps))
        if not isinstance(given, Mapping):
            return None
        found = self.of(scope.parent, around_module(scope), given, steps, depth + 1)
        return None if found and default is not None else found  # null may mean the default

    def _output(self, scope: Scope, ref: Reference, steps: Steps, depth: int) -> bool | None:
        children: Mapping[Key, Scope] = scope.children.get(ref.name, {})
        chosen = children.values() if ref.key is None else [children.get(ref.key)]
        if not steps:
            return None
        told = (self._of_output(each, steps, depth) for each in chosen if each is not None)
        return _agreed(list(told))

    def _of_output(self, scope: Scope, steps: Steps, depth: int) -> bool | None:
        plain = scope.module.outputs.get(str(steps[0]), {}).get("expression")
        if not isinstance(plain, Mapping):
            return None
        return self.of(scope, None, plain, steps[1:], depth + 1)

    def _each(self, around: Around, steps: Steps) -> bool | None:
        plain = around.repeat or {}
        if "constant_value" in plain:
            return _known(part_of(plain["constant_value"], (str(around.key), *steps)))
        every = references(words_of(plain))
        if len(every) == 1 and every[0].root == "resource" and every[0].key is None:
            instance = around.scope.resources.get(every[0].name, {}).get(around.key)
            if instance is not None and steps and not every[0].steps:
                return _of_value(instance, steps)
        return None


def _is_chosen_by_key(every: Sequence[Reference]) -> bool:
    """Return whether it is `a[each.key].id` or `a[count.index].id`, and no more."""
    if len(every) != 2:  # noqa: PLR2004  the thing and its key
        return False
    thing, key = every
    return (
        thing.root == "resource"
        and thing.key is None
        and not thing.steps
        and (key.root, key.name) in (("each", "key"), ("count", "index"))
    )


def _needed(scope: Scope) -> Iterator[str]:
    for name, instances in scope.resources.items():
        written = scope.module.written.get(name)
        for attribute, plain in written.expressions.items() if written is not None else ():
            every = references(words_of(plain)) if isinstance(plain, Mapping) else ()
            if len(every) == 1 and every[0].root == "local" and not every[0].steps:
                some = next(iter(instances.values()))
                if some.values.get(attribute) is UNKNOWN and stays_null(some.type, attribute):
                    yield every[0].name


def _of_value(instance: Instance, path: Steps) -> bool | None:
    """Return whether an attribute is null; what is no attribute belongs to a list of things."""
    if path[0] not in instance.values:
        return False
    value = value_at(instance.values, path)
    return False if value is UNKNOWN else _known(value)


def _known(value: object) -> bool | None:
    """A known value that is not null is not what an unknown one comes from."""
    return True if value in _NOTHING else None


def _agreed(answers: Sequence[bool | None]) -> bool | None:
    return answers[0] if answers and len(set(answers)) == 1 else None
