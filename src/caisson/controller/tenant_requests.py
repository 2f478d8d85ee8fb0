"""Orders about single tenants: to restore them, to undo that, and to let go of what was kept."""

from collections.abc import Mapping
from typing import Any

from caisson.console.server import BadRequest
from caisson.controller.snapshot import operation_document
from caisson.controller.tenants import TenantRestores
from caisson.plan.document import to_document

_ORDERS = ("tenants", "undo", "forget")


def concerns(arguments: Mapping[str, Any]) -> bool:
    """Whether a `restore` is about tenants and not about a whole store."""
    return any(arguments.get(each) is not None for each in _ORDERS)


def answer(
    restores: TenantRestores, replica_set: str, arguments: Mapping[str, Any]
) -> dict[str, Any]:
    """Plan or perform what was ordered."""
    given = [each for each in _ORDERS if arguments.get(each) is not None]
    if len(given) > 1:
        raise BadRequest((f"one of {', '.join(given)} at a time",))
    plan_only = arguments.get("plan_only") is True
    if given == ["tenants"]:
        return _restore(restores, replica_set, arguments, plan_only=plan_only)
    operation = arguments[given[0]]
    if not isinstance(operation, str):
        raise BadRequest((f"`{given[0]}` must be the id of an operation",))
    if given == ["undo"]:
        if plan_only:
            return {"plan": to_document(restores.undo_plan(replica_set, operation))}
        return operation_document(restores.undo(replica_set, operation))
    if plan_only:
        return {"plan": to_document(restores.forget_plan(replica_set, operation))}
    return operation_document(restores.forget(replica_set, operation))


def _restore(
    restores: TenantRestores, replica_set: str, arguments: Mapping[str, Any], *, plan_only: bool
) -> dict[str, Any]:
    names, moment = arguments["tenants"], arguments.get("moment")
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise BadRequest(("`tenants` must be a list of their names",))
    if not isinstance(moment, float | int) or isinstance(moment, bool):
        raise BadRequest(("tenants are restored to a moment: say which",))
    keep = arguments.get("keep") is True
    if plan_only:
        return {"plan": to_document(restores.restore_plan(replica_set, names, moment, keep=keep))}
    return operation_document(restores.restore(replica_set, names, moment, keep=keep))
