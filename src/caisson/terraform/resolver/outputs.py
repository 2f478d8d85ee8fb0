"""What the outputs of a plan's or a state's root name, for the roots that read them.

Of an output that is known only after apply, a plan tells what its expression refers to; the text
beside it also tells which attribute of which instance it is, where the two agree.
"""

from collections.abc import Callable, Mapping, Sequence

from caisson.terraform.configuration import Module, Plain
from caisson.terraform.hcl.others import Outputs
from caisson.terraform.hcl.values import Reference, Value, tied
from caisson.terraform.model import UNKNOWN, Certainty, Instance, Link
from caisson.terraform.resolver.attributes import Types
from caisson.terraform.resolver.named import Named
from caisson.terraform.resolver.references import Steps
from caisson.terraform.resolver.values import leads_to, texts, unknown_leaves, value_at

_UNTOLD = Link(certainty=Certainty.OPEN)
_Expression = Callable[[Plain, Types, Steps], Named]


class PlannedOutputs:
    """See `Outputs`. `expression` follows one of the root module's.

    `better`, which knows more than the plan tells, is asked about what is unknown.
    """

    def __init__(
        self,
        outputs: Mapping[str, object],
        module: Module,
        expression: _Expression,
        better: Outputs | None = None,
    ) -> None:
        self._outputs = {**dict.fromkeys(module.outputs, UNKNOWN), **outputs}
        self._module = module
        self._expression = expression
        self._better = better
        self._seen: dict[Reference, Value] = {}

    def seen(self, root: str, reading: Reference) -> Value:
        if (known := self._seen.get(reading)) is None:
            told = self._told(root, reading)
            known = self._seen[reading] = {
                name: _seen(each, told.get(name), Reference(reading.address, (*reading.path, name)))
                for name, each in self._outputs.items()
            }
        return known

    def _told(self, root: str, reading: Reference) -> Mapping[str, Value]:
        """Return what the text says of the outputs, as far as one is there and agrees."""
        told = None if self._better is None else self._better.seen(root, reading)
        return told if isinstance(told, Mapping) else {}

    def link(self, asking: Instance, steps: Steps, types: Sequence[str]) -> Link:
        name, *inside = steps or ("",)
        if name not in self._outputs or not leads_to(self._outputs[str(name)], tuple(inside)):
            return _UNTOLD
        value = value_at(self._outputs[str(name)], tuple(inside))
        if not unknown_leaves(value):
            return Link(outside=tuple(dict.fromkeys(texts(value))))
        better = None if self._better is None else self._better.link(asking, steps, types)
        if better is not None and better.sure:
            return better
        return self._unknown(str(name), tuple(inside), value, tuple(types))

    def _unknown(self, name: str, inside: Steps, value: object, types: Types) -> Link:
        written = self._module.outputs.get(name, {})
        plain = written.get("expression")
        if written.get("sensitive") is True or not isinstance(plain, Mapping):
            return _UNTOLD
        named = self._expression(plain, types, inside)
        if isinstance(value, list):
            return _listed(named, value)
        # What is unknown as a whole may be a set, and hide literals beside its references.
        whole = self._outputs[name] is UNKNOWN
        return _some(named) if whole and len(named.every) > 1 else _one(named)

    def attribute(self, reference: Reference, step: str | int) -> Value:
        return Reference(reference.address, (*reference.path, step))

    def follow(self, reference: Reference) -> Value:
        return None if self._better is None else self._better.follow(reference)

    def named(self, asking: Instance, reference: Reference, types: Sequence[str]) -> Link:
        return _UNTOLD if self._better is None else self._better.named(asking, reference, types)


def _seen(planned: object, told: Value, reading: Reference) -> Value:
    """Return an output as others see it: of what is unknown, which attribute it is, where told."""
    is_told = planned is UNKNOWN and isinstance(told, Reference) and told.path
    return told if is_told else tied(planned, reading, UNKNOWN)


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
    """Return the link of what may be several of these, and others."""
    return Link(named.to, named.outside, Certainty.OPEN)
