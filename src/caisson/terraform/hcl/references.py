"""What an expression names, told as Terraform tells it in a plan's `configuration`."""

import json
from collections.abc import Iterable, Iterator

from caisson.terraform.hcl.syntax import (
    Body,
    Expression,
    ForObject,
    ForTuple,
    Key,
    parts,
    traversal,
)

Steps = tuple[str | Key, ...]
# How many words after the root belong to the thing itself: `data.aws_ami.x`, `var.y`.
_SUBJECT = {
    "data": 2,
    "ephemeral": 2,
    "var": 1,
    "local": 1,
    "module": 1,
    "each": 1,
    "count": 1,
    "path": 1,
    "terraform": 1,
    "self": 0,
}


def references(expressions: Iterable[Expression]) -> frozenset[str]:
    """Return every reference with all its beginnings: `a.b[0].id`, `a.b[0]`, `a.b`."""
    return frozenset(
        text
        for expression in expressions
        for root, steps in named(expression)
        for text in _beginnings(root, steps)
    )


def named(
    expression: Expression, bound: frozenset[str] = frozenset()
) -> Iterator[tuple[str, Steps]]:
    """Yield root and steps of each traversal that begins outside the expression.

    `bound` are the names that a surrounding `for` gives.
    """
    if (found := traversal(expression)) is not None:
        if found[0] not in bound and found[0] != "*":
            yield found
        return
    of = None
    if isinstance(expression, ForTuple | ForObject):
        of = expression.of
        yield from named(of, bound)
        bound = bound | {expression.value_name, expression.key_name or expression.value_name}
    for each in parts(expression):
        if each is not of:
            yield from named(each, bound)


def _beginnings(root: str, steps: Steps) -> Iterator[str]:
    least = min(_SUBJECT.get(root, 1), len(steps))
    written = [root, *(_written(step) for step in steps)]
    for length in range(least, len(steps) + 1):
        # Of `module.a[0].out` Terraform does not tell `module.a` too, as it does with resources.
        if not (root == "module" and length == 1 and _is_output_of_one(steps)):
            yield "".join(written[: length + 1])


def _is_output_of_one(steps: Steps) -> bool:
    return len(steps) > 2 and isinstance(steps[1], Key)  # noqa: PLR2004  name, key, output


def _written(step: str | Key) -> str:
    match step:
        case Key(int() as number):
            return f"[{number}]"
        case Key(text):
            return f"[{json.dumps(text, ensure_ascii=False)}]"
        case _:
            return f".{step}"


def expressions_of(body: Body) -> Iterator[Expression]:
    """Yield the expressions of a body and of its nested blocks, dynamic ones left out."""
    for attribute in body.attributes.values():
        yield attribute.expression
    for block in body.blocks:
        if block.type != "dynamic":
            yield from expressions_of(block.body)
