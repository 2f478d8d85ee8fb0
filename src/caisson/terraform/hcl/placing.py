"""Which provider configuration a resource has, and where that works, when no plan tells it."""

from collections.abc import Mapping

from caisson.terraform.configuration import Configuration
from caisson.terraform.hcl.configuration import Declared, Module
from caisson.terraform.hcl.evaluate import Scope, evaluate
from caisson.terraform.hcl.plain import known
from caisson.terraform.hcl.scope import ModuleInstance
from caisson.terraform.hcl.syntax import Body, Expression, Literal, Object, Tuple
from caisson.terraform.hcl.values import Exhausted, Undefined, Value
from caisson.terraform.model import UNKNOWN
from caisson.terraform.providers import NOWHERE, Place, places

_REGISTRY = "registry.terraform.io"
_HASHICORP = "hashicorp"
# What is a block, and says where a provider works or what it gives to all that it makes.
_BLOCKS = ("assume_role", "assume_role_with_web_identity", "default_tags")


class Placing:
    """Remembers where each provider configuration works, by module instance and name."""

    def __init__(self) -> None:
        self._configured: dict[str, Mapping[str, object]] = {}
        self._places: Mapping[str, Place] | None = None
        self._sources: dict[tuple[str, str], str] = {}

    def add(self, inner: ModuleInstance) -> None:
        """Add the provider configurations of a module instance."""
        for name, each in inner.module.providers.items():
            self._configured[_key(inner, name)] = {
                "full_name": source_of(inner.module, name),
                "expressions": _expressions(inner, each.body),
            }

    def of(self, inner: ModuleInstance, declared: Declared) -> tuple[str, Place]:
        """Return the provider's source, and where the resource is. Add all modules before."""
        if self._places is None:
            self._places = places(Configuration(providers=self._configured))
        name = declared.provider or declared.type.partition("_")[0]
        key = (inner.address, name)
        if (source := self._sources.get(key)) is None:
            source = self._sources[key] = source_of(inner.module, name)
        return source, self._places.get(self._leads_to(inner, name), NOWHERE)

    def _leads_to(self, inner: ModuleInstance, name: str) -> str:
        """Return the key of the configuration that a name means: passed, own or the caller's."""
        if inner.caller is None or inner.call is None:
            return _key(inner, name)
        if (passed := inner.call.providers.get(name)) is not None:
            return self._leads_to(inner.caller, passed)
        if _key(inner, name) in self._configured or "." in name:
            return _key(inner, name)
        return self._leads_to(inner.caller, name)


def _key(inner: ModuleInstance, name: str) -> str:
    return f"{inner.address}:{name}" if inner.address else name


def source_of(module: Module, name: str) -> str:
    """Return the address of a provider: `registry.terraform.io/hashicorp/aws`."""
    local = name.partition(".")[0]
    told = _required(module).get(local, "")
    words = told.split("/") if told else [local]
    missing = [_REGISTRY, _HASHICORP][: 3 - len(words)]
    return "/".join((*missing, *words))


def _required(module: Module) -> dict[str, str]:
    """Return the sources that `required_providers` gives, by local name."""
    found: dict[str, str] = {}
    for outer in module.body.of("terraform"):
        for block in outer.body.of("required_providers"):
            for name, attribute in block.body.attributes.items():
                found |= _source(name, attribute.expression)
        if (told := outer.body.attributes.get("required_providers")) is not None:
            for key, value in _items(told.expression):
                found |= _source(key, value)
    return found


def _source(name: str, expression: Expression) -> dict[str, str]:
    for key, value in _items(expression):
        if key == "source" and isinstance(value, Literal):
            return {name: str(value.value)}
    return {}


def _items(expression: Expression) -> list[tuple[str, Expression]]:
    match expression:
        case Object(items):
            return [(str(k.value), v) for k, v in items if isinstance(k, Literal)]
        case _:
            return []


def _expressions(inner: ModuleInstance, body: Body) -> dict[str, object]:
    """Return what a provider configuration says, in the form in which a plan tells constants."""
    found: dict[str, object] = {
        name: _written(inner, name, attribute.expression)
        for name, attribute in body.attributes.items()
    }
    for block in body.blocks:
        found[block.type] = [_expressions(inner, block.body)]
    return found


def _written(inner: ModuleInstance, name: str, expression: Expression) -> object:
    """Return an attribute, or a block, which JSON writes like an attribute."""
    if name not in _BLOCKS:
        return _constant(inner, expression)
    each = expression.items if isinstance(expression, Tuple) else (expression,)
    return [
        {str(key): _constant(inner, value) for key, value in _items(block)}  # as in a plan
        for block in each
    ]


def _constant(inner: ModuleInstance, expression: Expression) -> dict[str, Value]:
    """Return a constant as a plan tells it, in which parts of an object may be UNKNOWN."""
    inner.effort.begin()
    try:
        value = known(evaluate(expression, Scope(inner)))
    except (Undefined, Exhausted):
        return {}
    return {} if value is UNKNOWN else {"constant_value": value}
