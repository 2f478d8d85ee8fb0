"""Whose state a `terraform_remote_state` reads, told by its text."""

from caisson.terraform.hcl.configuration import Declared
from caisson.terraform.hcl.evaluate import Scope, evaluate
from caisson.terraform.hcl.kept_state import StateId, asked_state
from caisson.terraform.hcl.plain import known
from caisson.terraform.hcl.syntax import Body, Expression, traversal
from caisson.terraform.hcl.values import Exhausted, Undefined
from caisson.terraform.model import UNKNOWN

# Whatever it is, the other root is in the same one.
_OWN_WORKSPACE = ("terraform", ("workspace",))


def state_read(declared: Declared, scope: Scope, folder: str) -> StateId | None:
    """Return which state it is; None when that is not told. `folder` is that of the root."""
    return asked_state(_values(declared.body, scope), folder)


def _values(body: Body, scope: Scope) -> dict[str, object]:
    found = {name: _value(each.expression, scope) for name, each in body.attributes.items()}
    for block in body.of("config"):
        found["config"] = _values(block.body, scope)
    own = body.attributes.get("workspace")
    if own is not None and traversal(own.expression) == _OWN_WORKSPACE:
        del found["workspace"]
    return found


def _value(expression: Expression, scope: Scope) -> object:
    try:
        return known(evaluate(expression, scope))
    except (Undefined, Exhausted):
        return UNKNOWN
