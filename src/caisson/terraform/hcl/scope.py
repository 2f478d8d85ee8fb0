"""Module instances: what the first word of a traversal means in each of them."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar

from caisson.terraform.hcl import access
from caisson.terraform.hcl.addresses import InstanceKey, instance_address, split, split_module
from caisson.terraform.hcl.configuration import (
    Call,
    Declared,
    Module,
    ModulePath,
    Project,
    Repeated,
    ResourceKey,
)
from caisson.terraform.hcl.evaluate import Effort, Scope, evaluate
from caisson.terraform.hcl.kept_state import REMOTE_STATE, StateId
from caisson.terraform.hcl.others import OUTPUTS, Others, is_elsewhere
from caisson.terraform.hcl.repeating import by_key, counted, each_of
from caisson.terraform.hcl.state_read import state_read
from caisson.terraform.hcl.types import converted
from caisson.terraform.hcl.values import (
    NOBODY_KNOWS,
    Bag,
    Namespace,
    Reference,
    Scales,
    Value,
)
from caisson.terraform.model import Mode


class Estate(Protocol):
    """What is known from elsewhere than the configuration."""

    @property
    def in_order(self) -> bool:
        """Return whether the instances' values list nested blocks in the order of the text."""
        ...

    def keys(self, module: str, resource: ResourceKey) -> frozenset[InstanceKey] | None:
        """Return which instances there are, None when that is for the configuration to say."""
        ...

    def attribute(self, reference: Reference, written: Callable[[], Value]) -> Value:
        """Return the known value of a whole attribute, the reference itself when there is none.

        `written` gives what the configuration says of it, None for nothing.
        """
        ...

    def input(self, name: str) -> Value:
        """Return the value given to a variable of the root, `NOT_GIVEN` when there is none."""
        ...

    def called(self, module: str, name: str) -> frozenset[InstanceKey]:
        """Return of which instances of a module call there is something; perhaps not of all."""
        ...

    def trusted_call(self, path: ModulePath, name: str) -> bool:
        """Return whether the text of a module call agrees with what is known."""
        ...

    def trusted_output(self, path: ModulePath, name: str) -> bool: ...

    def trusted_resource(self, address: str) -> bool: ...


NOT_GIVEN = object()
_K = TypeVar("_K", bound=Hashable)


@dataclass(eq=False)
class ModuleInstance:
    """One instance of a module; `address` is empty at the root.

    `repeated` are the names `each` and `count` of its call.
    """

    whole: "Instances"
    address: str
    path: ModulePath
    module: Module
    caller: "ModuleInstance | None" = None
    call: Call | None = None
    repeated: Mapping[str, Value] = field(default_factory=dict)
    _found: dict[tuple[str, Hashable], Value] = field(default_factory=dict, repr=False)

    @property
    def world(self) -> access.World:
        return self.whole

    @property
    def effort(self) -> Effort:
        return self.whole.effort

    def root(self, name: str) -> Value:  # noqa: PLR0911  one case each
        match name:
            case "var":
                return Namespace(partial(self._once, "variable", self._variable))
            case "local":
                return Namespace(partial(self._once, "local", self._local))
            case "module":
                return Namespace(partial(self._once, "module", self._called))
            case "data":
                return Namespace(lambda kind: self._of_type(Mode.DATA, kind))
            case "path" | "terraform":
                return Namespace(lambda part: self._setting(name, part))
            case _ if "_" in name:
                return self._of_type(Mode.MANAGED, name)
            case _:
                return NOBODY_KNOWS

    def output(self, name: str) -> Value:
        return self._once("output", self._output, name)

    def _once(self, kind: str, work_out: Callable[[_K], Value], name: _K) -> Value:
        """Work out each thing once. What is asked for while it is worked out goes in circles."""
        key = (kind, name)
        if key in self._found:
            return self._found[key]
        self._found[key] = NOBODY_KNOWS
        try:
            value = work_out(name)
            self.whole.scales.weigh(value)
        except BaseException:
            del self._found[key]
            raise
        self._found[key] = value
        return value

    def _variable(self, name: str) -> Value:
        declared = self.module.variables.get(name)
        if declared is None or declared.sensitive:
            return NOBODY_KNOWS
        value = self._given(name)
        if value is NOT_GIVEN or (value is None and not declared.nullable):
            if declared.default is None:
                return NOBODY_KNOWS
            value = evaluate(declared.default, Scope(self))
        return converted(value, declared.type)

    def _given(self, name: str) -> Value:
        if self.call is None or self.caller is None:
            return self.whole.estate.input(name)
        attribute = self.call.inputs.get(name)
        if not self.whole.estate.trusted_call(self.caller.path, self.call.name):
            return NOBODY_KNOWS
        if attribute is None:
            return NOT_GIVEN
        return evaluate(attribute.expression, Scope(self.caller, self.repeated))

    def _local(self, name: str) -> Value:
        attribute = self.module.locals.get(name)
        if attribute is None:
            return NOBODY_KNOWS
        return evaluate(attribute.expression, Scope(self))

    def _output(self, name: str) -> Value:
        declared = self.module.outputs.get(name)
        if declared is None or declared.sensitive:
            return NOBODY_KNOWS
        if not self.whole.estate.trusted_output(self.path, name):
            return NOBODY_KNOWS
        return evaluate(declared.value, Scope(self))

    def _setting(self, name: str, part: str) -> Value:
        if (name, part) == ("path", "module"):
            return self.module.folder
        return "." if (name, part) == ("path", "root") else NOBODY_KNOWS

    def _of_type(self, mode: Mode, kind: str) -> Value:
        return Namespace(lambda name: self._once("resource", self._resource, (mode, kind, name)))

    def _resource(self, key: ResourceKey) -> Value:
        declared = self.module.resources.get(key)
        if declared is None:
            return NOBODY_KNOWS
        told = self.whole.estate.keys(self.address, key)
        keys = self.keys(declared)
        if keys is None and told:
            keys = told
        if told is not None and told != keys:
            return NOBODY_KNOWS  # the text is not that of the plan, or the plan has only a part
        address = self.resource_address(key)
        return by_key(declared, keys, lambda each: Reference(instance_address(address, each)))

    def keys(self, repeated: Repeated) -> frozenset[InstanceKey] | None:
        """Return which instances there are of a resource or module; None when not told."""
        if repeated.count is not None:
            return counted(evaluate(repeated.count, Scope(self)))
        if repeated.for_each is not None:
            of = access.forced(self.whole, evaluate(repeated.for_each, Scope(self)))
            return each_of(of)
        return frozenset((None,))

    def scope(self, repeated: Repeated, key: InstanceKey) -> Scope:
        """Return the scope of the expressions of one instance of something repeated."""
        if repeated.count is not None:
            return Scope(self, {"count": {"index": key}})
        if repeated.for_each is None:
            return Scope(self)
        return Scope(self, {"each": Namespace(lambda part: self._each(repeated, key, part))})

    def _each(self, repeated: Repeated, key: InstanceKey, part: str) -> Value:
        if part == "key" or repeated.for_each is None:
            return key
        of = self._once("each", lambda _: self._for_each(repeated), repeated.key)
        if isinstance(of, Bag | list):
            return next((item for item in access.each_item(of) if item == key), NOBODY_KNOWS)
        return access.index(self.whole, of, key)

    def _for_each(self, repeated: Repeated) -> Value:
        if repeated.for_each is None:
            return None
        return access.forced(self.whole, evaluate(repeated.for_each, Scope(self)))

    def _called(self, name: str) -> Value:
        call = self.module.calls.get(name)
        if call is None:
            return NOBODY_KNOWS
        keys = self.keys(call)
        if keys is not None and not self.whole.estate.called(self.address, name) <= keys:
            return NOBODY_KNOWS
        return by_key(call, keys, lambda key: self._outputs(call, key))

    def _outputs(self, call: Call, key: InstanceKey) -> Value:
        inner = self.child(call, key)
        return NOBODY_KNOWS if inner is None else Namespace(inner.output)

    def child(self, call: Call, key: InstanceKey) -> "ModuleInstance | None":
        """Return the module instance that a call makes; None when its files are not there."""
        return self.whole.module(self, call, key)

    def resource_address(self, key: ResourceKey) -> str:
        mode, kind, name = key
        own = f"{'data.' if mode is Mode.DATA else ''}{kind}.{name}"
        return f"{self.address}.{own}" if self.address else own


class Instances:
    """All module instances of a project, and the instances of resources in them.

    `others` are the roots that are read together with this one, if any.
    """

    def __init__(self, project: Project, estate: Estate, others: Others | None = None) -> None:
        self.estate = estate
        self.others = others
        self.effort = Effort()
        self.scales = Scales()
        self._project = project
        self._modules: dict[str, ModuleInstance | None] = {}
        self._attributes: dict[Reference, Value] = {}
        self._states: dict[str, StateId | None] = {}

    def at(self, address: str) -> ModuleInstance | None:
        """Return the module instance at `module.vpc["a"].module.subnets[0]`; None: not there."""
        if address == "":
            module = self._project.module()
            if module is None:
                return None
            return self._remembered("", lambda: ModuleInstance(self, "", (), module))
        if (found := self._modules.get(address)) is not None:
            return found
        outer, name, key = split_module(address)
        caller = self.at(outer)
        call = caller.module.calls.get(name) if caller is not None else None
        return None if caller is None or call is None else caller.child(call, key)

    def module(self, caller: ModuleInstance, call: Call, key: InstanceKey) -> ModuleInstance | None:
        own = instance_address(f"module.{call.name}", key)
        address = f"{caller.address}.{own}" if caller.address else own
        path = (*caller.path, call.name)
        module = self._project.module(path)
        if module is None:
            return None
        names = caller.scope(call, key).names
        return self._remembered(
            address, lambda: ModuleInstance(self, address, path, module, caller, call, names)
        )

    def _remembered(self, address: str, make: Callable[[], ModuleInstance]) -> ModuleInstance:
        if (found := self._modules.get(address)) is None:
            self._modules[address] = found = make()
        return found

    def declared(self, address: str) -> tuple[Declared, Scope] | None:
        """Return how an instance is declared, and the scope of its expressions."""
        parts = split(address)
        inner = self.at(parts.module)
        found = inner.module.resources.get(parts.resource) if inner is not None else None
        if inner is None or found is None:
            return None
        return found, inner.scope(found, parts.key)

    def attribute(self, reference: Reference, step: str | int) -> Value:
        if self.others is not None and is_elsewhere(reference.address):
            return self.others.attribute(reference, step)
        longer = Reference(reference.address, (*reference.path, step))
        if reference.path:
            return longer
        value = self.estate.attribute(longer, lambda: self.follow(longer))
        return self._outputs_read(value) if step == OUTPUTS else value

    def _outputs_read(self, value: Value) -> Value:
        """Return what the root says whose state a data source reads, when nobody else does."""
        if self.others is None or not isinstance(value, Reference):
            return value
        state = self.state_read_by(value.address)
        told = None if state is None else self.others.outputs(state, value)
        return value if told is None else told

    def state_read_by(self, address: str) -> StateId | None:
        """Return which state a data source reads; None when the text does not tell it."""
        if address not in self._states:
            self._states[address] = None  # what leads back to itself is not told
            self._states[address] = self._state_read_by(address)
        return self._states[address]

    def _state_read_by(self, address: str) -> StateId | None:
        found = self.declared(address)
        if found is None or found[0].type != REMOTE_STATE:
            return None
        trusted = self.estate.trusted_resource(address)
        return state_read(*found, self._project.root) if trusted else None

    def follow(self, reference: Reference) -> Value:
        """Return what the instance's own expression gives for a whole attribute."""
        if self.others is not None and is_elsewhere(reference.address):
            return self.others.follow(reference)
        if reference not in self._attributes:
            self._attributes[reference] = None  # what leads back to itself is not followed
            value = self._written(reference)
            self.scales.weigh(value)
            self._attributes[reference] = value
        return self._attributes[reference]

    def _written(self, reference: Reference) -> Value:
        found = self.declared(reference.address)
        if found is None or len(reference.path) != 1:
            return None
        declared, scope = found
        attribute = declared.body.attributes.get(str(reference.path[0]))
        if attribute is None or not self.estate.trusted_resource(reference.address):
            return None
        return evaluate(attribute.expression, scope)
