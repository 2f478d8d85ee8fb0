"""Follows references from module to module to the instances that they lead to.

A plan's configuration tells what an expression refers to, not how. So `a[count.index]` cannot
be told from `a[count.index + 1]`, nor a filtered list from a whole one: such a reference leads
to some of the instances, not to a certain one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TypeVar

from caisson.terraform.configuration import Configuration, Plain
from caisson.terraform.hcl.kept_state import REMOTE_STATE
from caisson.terraform.model import Certainty, Instance, Mode
from caisson.terraform.resolver.attributes import (
    IDENTITY,
    MADE_HERE,
    NAMES_NOTHING,
    Types,
    computes,
    is_to_come,
    may_name,
    standing_for,
)
from caisson.terraform.resolver.named import ANYTHING, NONE, Named, at_best, together
from caisson.terraform.resolver.references import Reference, Steps, references
from caisson.terraform.resolver.scopes import Key, Scope
from caisson.terraform.resolver.values import leads_to, part_of, unknown_leaves, value_at

_T = TypeVar("_T")
Known = Callable[[object, Types], Named]
Attribute = Callable[[Instance, Steps, Types], Named | None]
# What an output names that a data source reads out of another root's state.
Elsewhere = Callable[[Instance, Steps, Types], Named]
# Modules and references deeper than this are followed no further, but said to lead anywhere.
_DEEPEST = 40


@dataclass(frozen=True, slots=True)
class Around:
    """What `each` and `count` mean: `repeat` is the expression, evaluated in `scope`."""

    scope: Scope
    repeat: Plain | None
    key: Key
    siblings: AbstractSet[Key]


class Follower:
    """Follows expressions; what it found is remembered.

    `known` looks up plain values, `attribute` what an instance's attribute names, `elsewhere`
    what an output of another root does.
    """

    def __init__(
        self,
        configuration: Configuration,
        instances: Mapping[str, Instance],
        known: Known,
        attribute: Attribute,
        elsewhere: Elsewhere,
    ) -> None:
        self._inputs = configuration.inputs
        self._instances = instances
        self._known = known
        self._attribute = attribute
        self._elsewhere = elsewhere
        self._found: dict[tuple[object, ...], Named] = {}
        self._reached: dict[tuple[str, Types], Named] = {}
        self._depth = 0

    def expression(
        self, scope: Scope, around: Around | None, plain: Plain, types: Types, steps: Steps = ()
    ) -> Named:
        """Return what the value of an expression may name; `steps` lead further into it."""
        if "constant_value" in plain:
            return self._known(part_of(plain["constant_value"], steps), types)
        words = plain.get("references")
        if not isinstance(words, list):
            return ANYTHING
        every = references(words)
        keyed = around is not None and any(each.root in ("each", "count") for each in every)
        memo = (scope.address, id(plain), around.key if around and keyed else None, types, steps)
        if (found := self._found.get(memo)) is None:
            self._found[memo] = ANYTHING  # what leads back to itself
            found = self._guarded(scope, around, every, types, steps)
            self._found[memo] = found
        return found

    def _guarded(
        self,
        scope: Scope,
        around: Around | None,
        every: Sequence[Reference],
        types: Types,
        steps: Steps,
    ) -> Named:
        if self._depth > _DEEPEST:
            return ANYTHING
        self._depth += 1
        try:
            by_key = around if _only_by_key(every) else None
            return together(
                self._each(around, each, types, steps)
                if each.root == "each"
                else self._reference(scope, by_key, each, types, steps)
                for each in every
            )
        finally:
            self._depth -= 1

    def _reference(
        self, scope: Scope, by_key: "Around | None", ref: Reference, types: Types, steps: Steps
    ) -> Named:
        match ref.root:
            case "resource":
                return self._resource(scope, by_key, ref, types, steps)
            case "var":
                return self._variable(scope, ref.name, types, (*ref.steps, *steps))
            case "module":
                return self._module(scope, by_key, ref, types, steps)
            case "local":
                return self.reached(scope, types)
            case "count" | "path" | "terraform":
                return NONE
            case _:
                return ANYTHING

    def _resource(
        self, scope: Scope, by_key: Around | None, ref: Reference, types: Types, steps: Steps
    ) -> Named:
        instances = scope.resources.get(ref.name)
        if not instances:
            return NONE if ref.name in scope.module.written else ANYTHING
        chosen, certainty = _chosen(instances, by_key, ref.key)
        every = (self._instance(each, (*ref.steps, *steps), types) for each in chosen)
        return at_best(together(every), certainty)

    def _instance(self, instance: Instance, steps: Steps, types: Types) -> Named:
        if types and instance.type == REMOTE_STATE:
            return self._read(instance, steps, types)
        fits = not types or instance.type in types
        word = steps[0] if steps else None
        if fits and (word is None or word in IDENTITY or instance.mode is Mode.DATA):
            return Named((instance.address,))
        if word is None:
            return self._any_attribute(instance, types)
        named = self._attribute(instance, standing_for(instance, steps), types)
        if named is None or (word in IDENTITY and not named.to):
            # nobody wrote it: it is something of the instance's own
            computed = named is None and may_name(str(word), types)
            return _itself(instance, fits=fits, sure=not computed)
        return named if named.every or not fits else Named((instance.address,))

    def _read(self, instance: Instance, steps: Steps, types: Types) -> Named:
        """Return what is read out of another root's state: by its values, else by its outputs."""
        if unknown_leaves(value_at(instance.values, steps)) or not leads_to(instance.values, steps):
            return self._elsewhere(instance, steps, types)
        return self._attribute(instance, steps, types) or ANYTHING

    def _any_attribute(self, instance: Instance, types: Types) -> Named:
        """Return what an instance of another type may name, by an attribute that is not told."""
        own = _itself(instance, fits=False, sure=not computes(instance.values, types))
        every = (self._attribute(instance, (name,), types) for name in instance.values)
        found = together(each for each in every if each is not None and each.to)
        return together((own, at_best(found, Certainty.AMONG))) if found.to else own

    def _variable(self, scope: Scope, name: str, types: Types, steps: Steps) -> Named:
        declared = scope.module.variables.get(name)
        if declared is not None and declared.sensitive:
            return ANYTHING
        default = None if declared is None else declared.default
        if scope.parent is None or scope.call is None:
            return self._known(part_of(self._inputs.get(name, default), steps), types)
        given = scope.call.expressions.get(name)
        if given is None:
            return self._known(part_of(default, steps), types)
        if not isinstance(given, Mapping):
            return ANYTHING
        return self.expression(scope.parent, around_module(scope), given, types, steps)

    def _module(
        self, scope: Scope, by_key: Around | None, ref: Reference, types: Types, steps: Steps
    ) -> Named:
        children = scope.children.get(ref.name)
        if not children:
            call = scope.module.calls.get(ref.name)
            return NONE if call is not None and call.repeat == {"constant_value": 0} else ANYTHING
        chosen, certainty = _chosen(children, by_key, ref.key)
        every = (self._outputs(each, (*ref.steps, *steps), types) for each in chosen)
        return at_best(together(every), certainty)

    def _outputs(self, scope: Scope, steps: Steps, types: Types) -> Named:
        """Return what an output names; all of them when it is not told which is meant."""
        outputs = scope.module.outputs
        if steps and str(steps[0]) in outputs:
            return self._output(scope, outputs[str(steps[0])], types, steps[1:])
        if not outputs:
            return ANYTHING
        return together(self._output(scope, each, types, ()) for each in outputs.values())

    def _output(self, scope: Scope, output: Plain, types: Types, steps: Steps) -> Named:
        plain = output.get("expression")
        if output.get("sensitive") is True or not isinstance(plain, Mapping):
            return ANYTHING
        return self.expression(scope, None, plain, types, steps)

    def _each(self, around: Around | None, ref: Reference, types: Types, steps: Steps) -> Named:
        """Return what `each.value` may name; `each.key` is always known."""
        if ref.name == "key":
            return NONE
        if around is None or around.repeat is None:
            return ANYTHING
        steps = (*ref.steps, *steps)
        plain = around.repeat
        if "constant_value" in plain:
            value = part_of(plain["constant_value"], (str(around.key),))
            return self._known(part_of(value, steps), types)
        words = plain.get("references")
        every = references(words) if isinstance(words, list) else ()
        if len(every) == 1 and not every[0].steps and every[0].key is None:
            # `for_each = aws_subnet.a`, whose keys are then ours
            return self._reference(around.scope, around, every[0], types, steps)
        return self.expression(around.scope, None, plain, types, steps)

    def reached(self, scope: Scope, types: Types) -> Named:
        """Return what anything inside of a module instance may name: a local, a dynamic block.

        That is what is made there and in the modules that it calls, and what its inputs bring.
        """
        memo = (scope.address, types)
        if (found := self._reached.get(memo)) is None:
            self._reached[memo] = ANYTHING  # what leads back to itself
            found = self._inside(scope, together(self._brought(scope, types)), types)
            self._reached[memo] = found
        return found

    def _brought(self, scope: Scope, types: Types) -> Iterator[Named]:
        """Yield what each input of a module instance names; the root's are known."""
        if scope.parent is None or scope.call is None:
            return
        around = around_module(scope)
        for each in scope.call.expressions.values():
            if isinstance(each, Mapping):
                yield self.expression(scope.parent, around, each, types)
            else:
                yield ANYTHING

    def _inside(self, scope: Scope, brought: Named, types: Types) -> Named:
        """Return what is to come of what a module instance makes, and of what is brought to it."""
        instances = [one for each in scope.below() for one in each.instances()]
        own = (each for each in instances if not types or each.type in types)
        given = [self._instances[each] for each in brought.to if each in self._instances]
        of_others = (each for each in brought.to if each not in self._instances)
        here = (each.address for each in (*own, *given) if is_to_come(each))
        to = tuple(dict.fromkeys((*here, *of_others)))
        put_off = any(
            each.mode is Mode.DATA and is_to_come(each) and each.type not in NAMES_NOTHING
            for each in instances
        )
        if put_off or brought.certainty is Certainty.OPEN or not to:
            return Named(to, certainty=Certainty.OPEN)
        if not types or not MADE_HERE.issuperset(types):
            return Named(to, certainty=Certainty.OPEN)
        return Named(to, certainty=Certainty.EXACT if len(to) == 1 else Certainty.AMONG)


def _itself(instance: Instance, *, fits: bool, sure: bool) -> Named:
    if fits:
        return Named((instance.address,))
    certainty = Certainty.EXACT if sure else Certainty.OPEN
    return Named(other=(instance.address,), certainty=certainty)


def _only_by_key(every: Sequence[Reference]) -> bool:
    """Return whether `each.key` is there, and nothing else by which an instance is chosen."""
    roots = {(each.root, each.name if each.root == "each" else "") for each in every}
    return ("each", "key") in roots and roots <= {("each", "key"), ("resource", ""), ("module", "")}


def _chosen(
    every: Mapping[Key, _T], by_key: Around | None, key: Key
) -> tuple[Sequence[_T], Certainty]:
    """Return which of several instances are meant; by the key of ours where they have the same."""
    if key is not None:
        return ([every[key]] if key in every else []), Certainty.EXACT
    if len(every) == 1:
        return list(every.values()), Certainty.EXACT
    if by_key is not None and by_key.siblings == every.keys():
        return [every[by_key.key]], Certainty.EXACT
    return list(every.values()), Certainty.AMONG


def around_module(scope: Scope) -> Around | None:
    """Return what `each` and `count` mean in the call of a module instance."""
    if scope.parent is None or scope.call is None or scope.call.repeat is None:
        return None
    siblings = scope.parent.children[scope.name].keys()
    return Around(scope.parent, scope.call.repeat, scope.key, siblings)
