"""Expressions become values, as far as they can be worked out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from caisson.terraform.hcl import access, operators
from caisson.terraform.hcl.functions import call
from caisson.terraform.hcl.references import named
from caisson.terraform.hcl.syntax import (
    ITEM,
    Binary,
    Call,
    Conditional,
    Expression,
    ForObject,
    ForTuple,
    Get,
    Index,
    Literal,
    Name,
    Object,
    Opaque,
    Splat,
    Template,
    Tuple,
    Unary,
)
from caisson.terraform.hcl.values import (
    LONGEST_TEXT,
    Bag,
    Choice,
    Derived,
    Exhausted,
    Reference,
    Undefined,
    Value,
    choice,
    derived,
    is_plain,
    listed,
    pieced,
)

_DEEPEST = 150
_MOST_STEPS = 200_000


@dataclass(slots=True)
class Effort:
    """What working out one answer has taken so far."""

    depth: int = 0
    steps: int = 0

    def begin(self) -> None:
        """Begin another answer."""
        self.depth = self.steps = 0

    def enter(self) -> None:
        self.depth += 1
        self.steps += 1
        if self.depth > _DEEPEST or self.steps > _MOST_STEPS:
            raise Exhausted

    def leave(self) -> None:
        self.depth -= 1


class Module(Protocol):
    """Gives the names that begin a traversal in one module instance."""

    @property
    def world(self) -> access.World: ...

    @property
    def effort(self) -> Effort: ...

    def root(self, name: str) -> Value: ...


@dataclass(frozen=True, slots=True)
class Scope:
    """A module instance, and the names that are bound on top of it."""

    module: Module
    names: Mapping[str, Value] = field(default_factory=dict)

    def bound(self, **names: Value) -> "Scope":
        return Scope(self.module, {**self.names, **names})

    def root(self, name: str) -> Value:
        return self.names[name] if name in self.names else self.module.root(name)


def evaluate(expression: Expression, scope: Scope) -> Value:
    """Return the value of the expression.

    Raises `Undefined` when it has none, and `Exhausted` when it takes too much.
    """
    effort = scope.module.effort
    effort.enter()
    try:
        return _evaluate(expression, scope)
    except RecursionError:
        raise Exhausted from None
    finally:
        effort.leave()


def _evaluate(expression: Expression, scope: Scope) -> Value:  # noqa: C901, PLR0911, PLR0912  one case each
    world = scope.module.world
    match expression:
        case Literal(value):
            return value
        case Name(name):
            return scope.root(name)
        case Get(of, name):
            return access.get(world, evaluate(of, scope), name)
        case Index(of, key):
            return access.index(world, evaluate(of, scope), evaluate(key, scope))
        case Splat(of, body):
            return access.splat(
                world,
                evaluate(of, scope),
                lambda item: evaluate(body, scope.bound(**{ITEM: item})),
            )
        case Template(parts):
            return _text([evaluate(part, scope) for part in parts])
        case Tuple(items):
            return [evaluate(item, scope) for item in items]
        case Object(items):
            return _object(items, scope)
        case Conditional():
            return _conditional(expression, scope)
        case Binary(operator, left, right):
            return operators.binary(operator, evaluate(left, scope), evaluate(right, scope))
        case Unary(operator, of):
            return operators.unary(operator, evaluate(of, scope))
        case Call():
            return _call(expression, scope)
        case ForTuple():
            return _for_tuple(expression, scope)
        case ForObject():
            return _for_object(expression, scope)
        case Opaque(parts):
            return derived(*(evaluate(part, scope) for part in parts if _is_free(part, scope)))


def _is_free(part: Expression, scope: Scope) -> bool:
    """A directive binds names of its own, which have no value outside it."""
    known = ("var", "local", "module", "data")
    return all(root in known or root in scope.names or "_" in root for root, _ in named(part))


def _text(parts: list[Value]) -> Value:
    if not all(map(is_plain, parts)):
        return pieced(parts)
    text = "".join(map(access.as_text, parts))
    if len(text) > LONGEST_TEXT:
        raise Exhausted
    return text


def _object(items: tuple[tuple[Expression, Expression], ...], scope: Scope) -> Value:
    found: dict[Value, Value] = {}
    for key, value in items:
        at = _map_key(evaluate(key, scope))
        if at is None:
            return derived(*(evaluate(each, scope) for _, each in items))
        found[at] = evaluate(value, scope)
    return found


def _map_key(value: Value) -> str | Reference | None:
    match value:
        case str() | Reference():
            return value
        case bool() | int() | float():
            return access.as_text(value)
        case None:
            raise Undefined(value)
        case _:
            return None


def _conditional(expression: Conditional, scope: Scope) -> Value:
    told = access.as_flag(evaluate(expression.condition, scope))
    if told is not None:
        return evaluate(expression.yes if told else expression.no, scope)
    branches = (expression.yes, expression.no)
    return access.each_option(branches, lambda branch: evaluate(branch, scope))


def _call(expression: Call, scope: Scope) -> Value:
    match expression:
        case Call("try", arguments):
            return _try(arguments, scope)
        case Call("can", (argument,)):
            return _can(argument, scope)
        case Call("split", (separator, Call("join", (joined, listed)))) if separator == joined:
            return evaluate(listed, scope)
    given = [evaluate(each, scope) for each in expression.arguments]
    if expression.expand:
        last = access.forced(scope.module.world, given.pop())
        if not isinstance(last, list):
            return derived(*given, last)
        given.extend(last)
    return call(scope.module.world, expression.name, given)


def _try(arguments: tuple[Expression, ...], scope: Scope) -> Value:
    """The first that has a value; what may turn out to have none is one of several."""
    maybe: list[Value] = []
    for argument in arguments:
        try:
            value = evaluate(argument, scope)
        except Undefined:
            continue
        maybe.append(value)
        if _has_value(value):
            return choice(maybe)
    if not maybe:
        raise Undefined("try")
    return choice(maybe)


def _has_value(value: Value) -> bool:
    """The attribute of an instance is there, whatever it will be; what is deeper may not be."""
    match value:
        case Derived():
            return False
        case Reference(_, path):
            return len(path) <= 1
        case _:
            return True


def _can(argument: Expression, scope: Scope) -> Value:
    try:
        value = evaluate(argument, scope)
    except Undefined:
        return False
    return True if _has_value(value) else derived(value)


def _for_tuple(expression: ForTuple, scope: Scope) -> Value:
    of = access.forced(scope.module.world, evaluate(expression.of, scope))
    return _over(of, lambda one: _tuple_over(expression, one, scope))


def _for_object(expression: ForObject, scope: Scope) -> Value:
    of = access.forced(scope.module.world, evaluate(expression.of, scope))
    return _over(of, lambda one: _object_over(expression, one, scope))


def _over(of: Value, do: Callable[[Value], Value]) -> Value:
    match of:
        case Choice(options):
            return access.each_option(options, do)
        case list() | dict() | Bag():
            return do(of)
        case None | str() | int() | float():
            raise Undefined(of)
        case _:
            return derived(of)


def _tuple_over(expression: ForTuple, of: Value, scope: Scope) -> Value:
    found: list[Value] = []
    whole = True
    for key, value in access.entries(of) or ():
        inner = _binding(expression, key, value, scope)
        kept = _kept(expression.condition, inner)
        if kept is not False:
            found.append(evaluate(expression.body, inner))
        whole = whole and kept is not None
    return listed(found, of if whole else Bag((), counted=False, whole=False))


def _object_over(expression: ForObject, of: Value, scope: Scope) -> Value:
    found: dict[Value, Value] = {}
    unsure = isinstance(of, Bag) and not (of.counted and of.whole)
    for key, value in access.entries(of) or ():
        inner = _binding(expression, key, value, scope)
        kept = _kept(expression.condition, inner)
        if kept is False:
            continue
        at = _map_key(evaluate(expression.key, inner))
        if kept is None or at is None or unsure:
            return derived(of)
        _add(found, at, evaluate(expression.body, inner), group=expression.group)
    return found


def _binding(expression: ForTuple | ForObject, key: Value, value: Value, scope: Scope) -> Scope:
    names = {expression.value_name: value}
    if expression.key_name is not None:
        names[expression.key_name] = key
    return scope.bound(**names)


def _kept(condition: Expression | None, scope: Scope) -> bool | None:
    return True if condition is None else access.as_flag(evaluate(condition, scope))


def _add(found: dict[Value, Value], key: Value, value: Value, *, group: bool) -> None:
    if not group:
        found[key] = value
        return
    together = found.setdefault(key, [])
    if isinstance(together, list):
        together.append(value)
