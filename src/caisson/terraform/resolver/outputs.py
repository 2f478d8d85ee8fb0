"""What the outputs of a plan's or a state's root name, for the roots that read them.

Of an output that is known only after apply, a plan tells what its expression refers to.
"""

from collections.abc import Callable, Mapping, Sequence

from caisson.terraform.configuration import Module, Plain
from caisson.terraform.hcl.others import Outputs
from caisson.terraform.hcl.values import Reference, Value, tied
from caisson.terraform.model import UNKNOWN, Certainty, Instance, Link
from caisson.terraform.outputs import Output
from caisson.terraform.resolver.attributes import Types
from caisson.terraform.resolver.named import Named
from caisson.terraform.resolver.references import Steps
from caisson.terraform.resolver.values import leads_to, texts, unknown_leaves, value_at

_UNTOLD = Link(certainty=Certainty.OPEN)
_OF_LIKE = ("list", "set", "map")
_Expression = Callable[[Plain, Types, Steps], Named]


class PlannedOutputs:
    """See `Outputs`. `expression` follows one of the root module's.

    `better`, which knows more than the plan tells, is asked about what is unknown.
    """

    def __init__(
        self,
        outputs: Mapping[str, Output],
        module: Module,
        expression: _Expression,
        better: Outputs | None = None,
    ) -> None:
        self._outputs = {**dict.fromkeys(module.outputs, Output()), **outputs}
        self._module = module
        self._expression = expression
        self._better = better

    def seen(self, root: str, reading: Reference) -> Value:
        del root  # nothing but plain values
        return {
            name: tied(each.value, Reference(reading.address, (*reading.path, name)), UNKNOWN)
            for name, each in self._outputs.items()
        }

    def link(self, asking: Instance, steps: Steps, types: Sequence[str]) -> Link:
        output = self._outputs.get(str(steps[0])) if steps else None
        if output is None or not leads_to(output.value, steps[1:]):
            return _UNTOLD
        value = value_at(output.value, steps[1:])
        if not unknown_leaves(value):
            return Link(outside=tuple(dict.fromkeys(texts(value))))
        better = None if self._better is None else self._better.link(asking, steps, types)
        if better is not None and better.sure:
            return better
        return self._unknown(steps, value, _within(output.type, steps[1:]), tuple(types))

    def _unknown(self, steps: Steps, value: object, type_: object, types: Types) -> Link:
        written = self._module.outputs.get(str(steps[0]), {})
        plain = written.get("expression")
        if written.get("sensitive") is True or not isinstance(plain, Mapping):
            return _UNTOLD
        named = self._expression(plain, types, steps[1:])
        if isinstance(value, list):
            return _listed(named, value)
        return _one(named) if isinstance(type_, str) and type_ != "dynamic" else _some(named)

    def attribute(self, reference: Reference, step: str | int) -> Value:
        """Nothing of a plan is seen by the others but what its outputs say."""
        return Reference(reference.address, (*reference.path, step))

    def follow(self, reference: Reference) -> Value:
        del reference
        return None

    def named(self, asking: Instance, reference: Reference, types: Sequence[str]) -> Link:
        del asking, reference, types
        return _UNTOLD


def _within(type_: object, steps: Steps) -> object:
    """Return the type of what is at `steps` of a value of this type; None when not told."""
    for step in steps:
        match type_, step:
            case [str() as kind, inner], _ if kind in _OF_LIKE:
                type_ = inner
            case ["tuple", [*inner]], int() if step < len(inner):
                type_ = inner[step]
            case ["object", dict() as inner], str():
                type_ = inner.get(step)
            case _:
                return None
    return type_


def _one(named: Named) -> Link:
    """Return the link of a text: it is one of these."""
    if len(named.every) == 1 or named.certainty is Certainty.OPEN:
        return Link(named.to, named.outside, named.certainty)
    return Link(named.to, named.outside, Certainty.AMONG if named.every else Certainty.OPEN)


def _listed(named: Named, value: list[object]) -> Link:
    """Return the link of a list of which it is told how many there will be."""
    outside = tuple(dict.fromkeys((*named.outside, *texts(value))))
    if named.certainty is Certainty.OPEN or not named.every:
        return Link(named.to, outside, Certainty.OPEN)
    alone = len(named.every) == unknown_leaves(value)
    return Link(named.to, outside, named.certainty if alone else Certainty.AMONG)


def _some(named: Named) -> Link:
    """Return the link of something of which only references are told: literals are hidden."""
    surely = named.to if named.certainty is Certainty.EXACT else ()
    return Link(named.to, named.outside, Certainty.OPEN, surely if len(surely) == 1 else ())
