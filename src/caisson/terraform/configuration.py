"""The `configuration` part of a plan: what was written, as far as Terraform's JSON tells it.

It has neither locals nor dynamic blocks, and of an expression only what it refers to. Literals
beside a reference are lost: `["sg-1", aws_security_group.a.id]` tells the reference alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from caisson.terraform.document import malformed

Plain = Mapping[str, object]
NO_EXPRESSIONS: Plain = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Variable:
    """An input of a module. `default` is None when there is none, or none worth telling."""

    default: object = None
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """A resource or data source as written once. `repeat` is its count or for_each expression."""

    address: str  # in its module: `aws_vpc.main`, `data.aws_ami.x`
    provider: str  # key of a provider configuration
    expressions: Plain = field(default_factory=dict)
    repeat: Plain | None = None
    runs_programs: bool = False  # has provisioners


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a module: its inputs' expressions."""

    module: "Module"
    expressions: Plain = field(default_factory=dict)
    repeat: Plain | None = None


@dataclass(frozen=True, slots=True)
class Module:
    written: Mapping[str, Written] = field(default_factory=dict)
    calls: Mapping[str, Call] = field(default_factory=dict)
    outputs: Mapping[str, Plain] = field(default_factory=dict)  # their expressions
    variables: Mapping[str, Variable] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Configuration:
    """`providers` are the provider configurations by key, `inputs` the root's variables."""

    root: Module = field(default_factory=Module)
    providers: Mapping[str, Plain] = field(default_factory=dict)
    inputs: Mapping[str, object] = field(default_factory=dict)


def configuration(file: str, plan: Plain) -> Configuration:
    """Return what the plan tells of its configuration.

    Raises EstateErrors, which name the JSON path of what has not the form that it must have.
    """
    written = _object(file, "configuration", plan.get("configuration"))
    inputs = _object(file, "variables", plan.get("variables"))
    providers = _object(file, "configuration.provider_config", written.get("provider_config"))
    return Configuration(
        _module(file, "configuration.root_module", written.get("root_module")),
        {
            key: _object(file, f"configuration.provider_config.{key}", each)
            for key, each in providers.items()
        },
        {
            name: _object(file, f"variables.{name}", each).get("value")
            for name, each in inputs.items()
        },
    )


def _module(file: str, path: str, plain: object) -> Module:
    module = _object(file, path, plain)
    resources = _list(file, f"{path}.resources", module.get("resources"))
    listed = [
        _written(file, f"{path}.resources[{number}]", each) for number, each in enumerate(resources)
    ]
    return Module(
        {each.address: each for each in listed},
        {
            name: _call(file, f"{path}.module_calls.{name}", each)
            for name, each in _object(
                file, f"{path}.module_calls", module.get("module_calls")
            ).items()
        },
        {
            name: _object(file, f"{path}.outputs.{name}", each)
            for name, each in _object(file, f"{path}.outputs", module.get("outputs")).items()
        },
        {
            name: _variable(_object(file, f"{path}.variables.{name}", each))
            for name, each in _object(file, f"{path}.variables", module.get("variables")).items()
        },
    )


def _written(file: str, path: str, plain: object) -> Written:
    each = _object(file, path, plain)
    address, provider = each.get("address"), each.get("provider_config_key", "")
    if not isinstance(address, str):
        malformed(file, f"{path}.address", "missing, or not text")
    if not isinstance(provider, str):
        malformed(file, f"{path}.provider_config_key", "not text")
    return Written(
        address,
        provider,
        _object(file, f"{path}.expressions", each.get("expressions")),
        _repeat(file, path, each),
        bool(each.get("provisioners")),
    )


def _repeat(file: str, path: str, plain: Plain) -> Plain | None:
    for key in ("count_expression", "for_each_expression"):
        if key in plain:
            return _object(file, f"{path}.{key}", plain[key])
    return None


def _call(file: str, path: str, plain: object) -> Call:
    each = _object(file, path, plain)
    return Call(
        _module(file, f"{path}.module", each.get("module")),
        _object(file, f"{path}.expressions", each.get("expressions")),
        _repeat(file, path, each),
    )


def _variable(plain: Plain) -> Variable:
    sensitive = plain.get("sensitive") is True
    return Variable(None if sensitive else plain.get("default"), sensitive)


def _object(file: str, path: str, plain: object) -> Plain:
    if plain is None:
        return NO_EXPRESSIONS
    if not isinstance(plain, Mapping):
        malformed(file, path, "not an object")
    return plain


def _list(file: str, path: str, plain: object) -> list[object]:
    if plain is None:
        return []
    if not isinstance(plain, list):
        malformed(file, path, "not a list")
    return plain
