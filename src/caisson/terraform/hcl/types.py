"""Type constraints of variables: what a value becomes when it is given to one."""

from caisson.terraform.hcl.access import as_number, as_text, each_item
from caisson.terraform.hcl.native import parse_expression
from caisson.terraform.hcl.syntax import Call, Expression, Literal, Name, Object
from caisson.terraform.hcl.syntax import Tuple as TupleExpression
from caisson.terraform.hcl.values import (
    Bag,
    Choice,
    Undefined,
    Value,
    bag,
    choice,
    in_order,
    is_plain,
)


def converted(value: Value, constraint: Expression | None) -> Value:  # noqa: PLR0911
    """Return the value as the type constraint makes it; as it is where the type says nothing."""
    if value is None or constraint is None:
        return value
    if isinstance(value, Choice):
        return choice(converted(each, constraint) for each in value.options)
    match constraint:
        case Literal(str() as quoted):
            return converted(value, parse_expression(quoted))
        case Name("string"):
            return as_text(value) if isinstance(value, bool | int | float) else value
        case Name("number"):
            number = as_number(value)
            return value if number is None else number
        case Name("bool"):
            return value == "true" if value in ("true", "false") else value
        case Call(kind, arguments):
            return _collection(value, kind, arguments)
        case _:
            return value


def _collection(value: Value, kind: str, arguments: tuple[Expression, ...]) -> Value:  # noqa: PLR0911
    inner = arguments[0] if arguments else None
    match kind, value:
        case "optional", _:
            return converted(value, inner)
        case "object", dict():
            return _object(value, inner)
        case "map", dict():
            return {key: converted(each, inner) for key, each in value.items()}
        case "list", list():
            return [converted(each, inner) for each in value]
        case "list", Bag(items, counted, whole):
            told = in_order(value)
            if told is not None:
                return [converted(each, inner) for each in told]
            return Bag(tuple(converted(each, inner) for each in items), counted, whole)
        case "set", list() | Bag():
            whole = not isinstance(value, Bag) or value.whole
            return bag((converted(each, inner) for each in each_item(value)), whole=whole)
        case "tuple", list() if isinstance(inner, TupleExpression):
            return [converted(*pair) for pair in zip(value, inner.items, strict=False)]
        case _:
            return value


def _object(value: dict[Value, Value], inner: Expression | None) -> Value:
    if not isinstance(inner, Object) or not all(map(is_plain, value)):
        return value
    return {
        key.value: _attribute(value.get(key.value), constraint)
        for key, constraint in inner.items
        if isinstance(key, Literal)
    }


def _attribute(value: Value, constraint: Expression) -> Value:
    match constraint:
        case Call("optional", (inner, default)) if value is None:
            return converted(_constant(default), inner)
        case _:
            return converted(value, constraint)


def _constant(expression: Expression) -> Value:
    """Return the value of a default, which names nothing."""
    match expression:
        case Literal(value):
            return value
        case TupleExpression(items):
            return [_constant(each) for each in items]
        case Object(items):
            return {_constant(key): _constant(each) for key, each in items}
        case _:
            raise Undefined(expression)
