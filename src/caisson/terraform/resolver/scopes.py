"""Module instances, and in each the instances of its resources."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from caisson.terraform.configuration import Call, Configuration, Module
from caisson.terraform.model import Instance, Mode
from caisson.terraform.rows import ModuleRow

Key = str | int | None


@dataclass(slots=True, eq=False)
class Scope:
    """One module instance. `resources` are by name in the module, then by key."""

    address: str
    module: Module
    parent: "Scope | None" = None
    call: Call | None = None
    name: str = ""
    key: Key = None
    resources: dict[str, dict[Key, Instance]] = field(default_factory=dict)
    children: dict[str, dict[Key, "Scope"]] = field(default_factory=dict)

    def below(self) -> Iterator["Scope"]:
        """Yield this one and all inside of it."""
        waiting = [self]
        while waiting:
            scope = waiting.pop()
            yield scope
            waiting += [one for each in scope.children.values() for one in each.values()]

    def instances(self) -> Iterator[Instance]:
        for each in self.resources.values():
            yield from each.values()


_NO_MODULE = Module()


def scopes(
    configuration: Configuration, modules: Iterable[ModuleRow], instances: Iterable[Instance]
) -> Mapping[str, Scope]:
    """Return the module instances by address; the root's is empty."""
    found = {"": Scope("", configuration.root)}
    for row in modules:
        if row.address and row.address not in found:
            _add(found, row)
    for scope in tuple(found.values()):
        _complete(found, scope)
    for each in instances:
        scope = found.get(each.module) or found[""]
        scope.resources.setdefault(name_of(each), {})[each.key] = each
    return found


def name_of(instance: Instance) -> str:
    """Return the name of the resource in its module: `aws_vpc.a`, `data.aws_ami.b`."""
    start = "data." if instance.mode is Mode.DATA else ""
    return f"{start}{instance.type}.{instance.name}"


def _add(found: dict[str, Scope], row: ModuleRow) -> None:
    """Add a module instance; the one around it is listed before it."""
    name = row.inside[-1]
    parent = found[row.above]
    call = parent.module.calls.get(name)
    module = _NO_MODULE if call is None else call.module
    scope = Scope(row.address, module, parent, call, name, row.key)
    found[row.address] = scope
    parent.children.setdefault(name, {})[row.key] = scope


def _complete(found: dict[str, Scope], scope: Scope) -> None:
    """Add the module instances that have no resources, which are not listed."""
    waiting = [scope]
    while waiting:
        scope = waiting.pop()
        for name, call in scope.module.calls.items():
            if name not in scope.children and call.repeat is None:
                start = f"{scope.address}." if scope.address else ""
                child = Scope(f"{start}module.{name}", call.module, scope, call, name)
                found[child.address] = child
                scope.children[name] = {None: child}
                waiting.append(child)
