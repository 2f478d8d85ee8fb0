"""Plans as JSON, for the journal and for `--plan --json`; and back again."""

from dataclasses import asdict, fields
from typing import Any

from caisson.plan import model
from caisson.plan.model import Action, Plan, Step

_SUBJECTS = ("member", "component", "region", "place")
_ACTIONS: dict[str, type[Any]] = {kind.__name__: kind for kind in Action.__args__}


def to_document(plan: Plan) -> dict[str, Any]:
    """A JSON-ready document; each action carries its kind under `do`."""
    document = {field.name: getattr(plan, field.name) for field in fields(plan)}
    return {
        **document,
        "blast_radius": list(plan.blast_radius),
        "cannot_undo": list(plan.cannot_undo),
        "steps": [_step(step) for step in plan.steps],
        "undo": [_step(step) for step in plan.undo],
    }


def from_document(document: dict[str, Any]) -> Plan:
    """The plan that `to_document` wrote."""
    return Plan(
        **{
            **document,
            "blast_radius": tuple(document["blast_radius"]),
            "cannot_undo": tuple(document["cannot_undo"]),
            "steps": tuple(_step_from(step) for step in document["steps"]),
            "undo": tuple(_step_from(step) for step in document["undo"]),
        }
    )


def describe(action: Action) -> str:
    """One action in words, such as `Promote production/us-east/blocks`."""
    values = asdict(action)
    subject = next((values[n] for n in _SUBJECTS if values.get(n) is not None), "")
    return f"{type(action).__name__} {subject}"


def _step(step: Step) -> dict[str, Any]:
    return {
        "name": step.name,
        "actions": [{"do": type(action).__name__, **asdict(action)} for action in step.actions],
    }


def _step_from(document: dict[str, Any]) -> Step:
    return model.Step(
        document["name"],
        tuple(
            _ACTIONS[action["do"]](**{k: v for k, v in action.items() if k != "do"})
            for action in document["actions"]
        ),
    )
