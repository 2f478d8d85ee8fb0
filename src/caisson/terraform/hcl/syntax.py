"""Expressions and blocks, the same for native and JSON syntax; parentheses are gone.

Bodies and expressions are read when they are first asked for: a project has thousands, of which
a question needs few.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from caisson.estate.sources import Source


@dataclass(frozen=True, slots=True)
class Literal:
    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Template:
    """Text put together from its parts; of one part only when that is not a text itself."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Name:
    """The first word of a traversal: `var`, `each`, a resource type, a name bound by `for`."""

    name: str


@dataclass(frozen=True, slots=True)
class Get:
    of: "Expression"
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    of: "Expression"
    key: "Expression"


@dataclass(frozen=True, slots=True)
class Splat:
    """`body` for each item of `of`; the item goes by the name `ITEM` there."""

    of: "Expression"
    body: "Expression"


# No identifier looks like this.
ITEM = "*"


@dataclass(frozen=True, slots=True)
class Call:
    """`expand`: the last argument is a list of arguments (`...`)."""

    name: str
    arguments: tuple["Expression", ...]
    expand: bool = False


@dataclass(frozen=True, slots=True)
class Conditional:
    condition: "Expression"
    yes: "Expression"
    no: "Expression"


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Unary:
    operator: str
    of: "Expression"


@dataclass(frozen=True, slots=True)
class Tuple:
    items: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Object:
    items: tuple[tuple["Expression", "Expression"], ...]


@dataclass(frozen=True, slots=True)
class ForTuple:
    key_name: str | None
    value_name: str
    of: "Expression"
    body: "Expression"
    condition: "Expression | None"


@dataclass(frozen=True, slots=True)
class ForObject:
    """`group`: values of equal keys become a list (`...`)."""

    key_name: str | None
    value_name: str
    of: "Expression"
    key: "Expression"
    body: "Expression"
    group: bool
    condition: "Expression | None"


@dataclass(frozen=True, slots=True)
class Opaque:
    """Something whose value is not worked out, and the expressions in it."""

    parts: tuple["Expression", ...] = ()


Expression = (
    Literal
    | Template
    | Name
    | Get
    | Index
    | Splat
    | Call
    | Conditional
    | Binary
    | Unary
    | Tuple
    | Object
    | ForTuple
    | ForObject
    | Opaque
)


def parts(expression: Expression) -> Iterator[Expression]:  # noqa: C901  one case each
    """Yield the expressions directly inside this one."""
    match expression:
        case Literal() | Name():
            pass
        case Template(inner) | Tuple(inner) | Opaque(inner):
            yield from inner
        case Get(of) | Unary(_, of):
            yield of
        case Index(of, key):
            yield from (of, key)
        case Splat(of, body):
            yield from (of, body)
        case Call(_, arguments):
            yield from arguments
        case Conditional(condition, yes, no):
            yield from (condition, yes, no)
        case Binary(_, left, right):
            yield from (left, right)
        case Object(items):
            for pair in items:
                yield from pair
        case ForTuple(_, _, of, body, condition):
            yield from (of, body, *([condition] if condition else ()))
        case ForObject(_, _, of, key, body, _, condition):
            yield from (of, key, body, *([condition] if condition else ()))


@dataclass(frozen=True)
class Attribute:
    name: str
    source: Source
    read: Callable[[], Expression] = field(compare=False, repr=False)

    @cached_property
    def expression(self) -> Expression:
        """Return its expression; `Opaque` when it is nested beyond all measure."""
        try:
            return self.read()
        except RecursionError:
            return Opaque()


@dataclass(frozen=True, slots=True)
class Body:
    """In JSON syntax a nested block cannot be told from an attribute: it is an attribute."""

    attributes: Mapping[str, Attribute]
    blocks: tuple["Block", ...] = ()

    def of(self, *types: str) -> Iterator["Block"]:
        return (block for block in self.blocks if block.type in types)


@dataclass(frozen=True)
class Block:
    type: str
    labels: tuple[str, ...]
    source: Source
    read: Callable[[], Body] = field(compare=False, repr=False)

    @cached_property
    def body(self) -> Body:
        return self.read()


@dataclass(frozen=True, slots=True)
class Mistake:
    """A file that cannot be read, and why."""

    source: Source
    what: str


@dataclass(frozen=True, slots=True)
class Key:
    """A step in brackets."""

    value: str | int


def traversal(expression: Expression) -> tuple[str, tuple[str | Key, ...]] | None:
    """Return root and steps of `a.b[0]["c"]`; None for any other expression."""
    steps: list[str | Key] = []
    while True:
        match expression:
            case Name(name):
                return name, tuple(reversed(steps))
            case Get(of, name):
                expression = of
                steps.append(name)
            case Index(of, Literal(str() | int() as key)):
                expression = of
                steps.append(Key(key))
            case _:
                return None
