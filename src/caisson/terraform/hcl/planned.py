"""What a plan knows, for the evaluation of its sources, and whether the two agree."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from caisson.terraform.configuration import Configuration
from caisson.terraform.hcl.addresses import InstanceKey, split, split_module
from caisson.terraform.hcl.configuration import (
    ModulePath,
    Project,
    Repeated,
    ResourceKey,
    configuration_address,
)
from caisson.terraform.hcl.references import expressions_of, references
from caisson.terraform.hcl.scope import NOT_GIVEN
from caisson.terraform.hcl.syntax import Body, Expression
from caisson.terraform.hcl.values import NOBODY_KNOWS, Reference, Value, tied
from caisson.terraform.instances import module_of
from caisson.terraform.model import UNKNOWN, Instance

# What Terraform reads itself, and tells apart from the provider's attributes.
_META = frozenset(("count", "for_each", "provider", "depends_on"))
_META_BLOCKS = frozenset(("lifecycle", "provisioner", "connection", "dynamic"))


class Planned:
    """Instances and their known values; the text is trusted where it refers to the same things."""

    in_order = False

    def __init__(
        self, project: Project, instances: Mapping[str, Instance], configuration: Configuration
    ) -> None:
        self._project = project
        self._instances = instances
        self._configuration = configuration
        self._trusted: dict[tuple[ModulePath, str], bool] = {}

    @cached_property
    def _keys(self) -> Mapping[tuple[str, ResourceKey], frozenset[InstanceKey]]:
        found: dict[tuple[str, ResourceKey], set[InstanceKey]] = {}
        for each in self._instances.values():
            key = (each.module, (each.mode, each.type, each.name))
            found.setdefault(key, set()).add(each.key)
        return {key: frozenset(keys) for key, keys in found.items()}

    @cached_property
    def _called(self) -> Mapping[tuple[str, str], frozenset[InstanceKey]]:
        found: dict[tuple[str, str], set[InstanceKey]] = {}
        waiting = {module for module, _ in self._keys if module}
        while waiting:
            outer, name, key = split_module(waiting.pop())
            found.setdefault((outer, name), set()).add(key)
            if outer:
                waiting.add(outer)
        return {key: frozenset(keys) for key, keys in found.items()}

    def keys(self, module: str, resource: ResourceKey) -> frozenset[InstanceKey] | None:
        return self._keys.get((module, resource), frozenset())

    def called(self, module: str, name: str) -> frozenset[InstanceKey]:
        return self._called.get((module, name), frozenset())

    def attribute(self, reference: Reference, written: Callable[[], Value]) -> Value:
        del written  # the plan has evaluated it
        instance = self._instances.get(reference.address)
        if instance is None:
            return NOBODY_KNOWS
        value = instance.values.get(str(reference.path[0]), UNKNOWN)
        return tied(value, reference, UNKNOWN)

    def input(self, name: str) -> Value:
        declared = self._configuration.root.variables.get(name)
        if declared is not None and declared.sensitive:
            return NOBODY_KNOWS
        return self._configuration.inputs.get(name, NOT_GIVEN)

    def trusted_resource(self, address: str) -> bool:
        parts = split(address)
        own = configuration_address((), parts.resource)
        return self._once(parts.path, own, lambda: self._resource(parts.path, parts.resource, own))

    def trusted_call(self, path: ModulePath, name: str) -> bool:
        return self._once(path, f"module.{name}", lambda: self._call(path, name))

    def trusted_output(self, path: ModulePath, name: str) -> bool:
        return self._once(path, f"output.{name}", lambda: self._output(path, name))

    def _once(self, path: ModulePath, what: str, compare: Callable[[], bool]) -> bool:
        key = (path, what)
        if (found := self._trusted.get(key)) is None:
            self._trusted[key] = found = compare()
        return found

    def _resource(self, path: ModulePath, key: ResourceKey, own: str) -> bool:
        module, told = self._project.module(path), module_of(self._configuration.root, path)
        text = module.resources.get(key) if module is not None else None
        written = told.written.get(own) if told is not None else None
        if text is None or written is None:
            return False
        return _alike(text, written.expressions, written.repeat)

    def _call(self, path: ModulePath, name: str) -> bool:
        module, told = self._project.module(path), module_of(self._configuration.root, path)
        text = module.calls.get(name) if module is not None else None
        call = told.calls.get(name) if told is not None else None
        if text is None or call is None:
            return False
        inputs = (each.expression for each in text.inputs.values())
        return references(inputs) == _told(call.expressions) and _repeated_alike(text, call.repeat)

    def _output(self, path: ModulePath, name: str) -> bool:
        module, told = self._project.module(path), module_of(self._configuration.root, path)
        text = module.outputs.get(name) if module is not None else None
        output = told.outputs.get(name) if told is not None else None
        if text is None or output is None:
            return False
        return references((text.value,)) == _told(output.get("expression"))


def _alike(text: Repeated, expressions: object, repeat: object) -> bool:
    return references(_written(text.body)) == _told(expressions) and _repeated_alike(text, repeat)


def _repeated_alike(text: Repeated, repeat: object) -> bool:
    own = [each for each in (text.count, text.for_each) if each is not None]
    return references(own) == _told(repeat)


def _written(body: Body) -> Iterator[Expression]:
    """Yield what belongs to the provider: a plan tells only of that."""
    own = {name: each for name, each in body.attributes.items() if name not in _META}
    blocks = tuple(block for block in body.blocks if block.type not in _META_BLOCKS)
    return expressions_of(Body(own, blocks))


def _told(expressions: object) -> frozenset[str]:
    return frozenset(_references(expressions))


def _references(expressions: object) -> Iterator[str]:
    if isinstance(expressions, list):
        for each in expressions:
            yield from _references(each)
    elif isinstance(expressions, Mapping):
        for name, each in expressions.items():
            if name == "references" and isinstance(each, list):
                yield from (one for one in each if isinstance(one, str))
            else:
                yield from _references(each)
