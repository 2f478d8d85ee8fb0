"""Orders to a running estate, and how a verb shows what became of one."""

from pathlib import Path
from typing import Any, NoReturn

from caisson.cli import output
from caisson.cli.client import ControllerGone, OrderRefused, connect, refuse
from caisson.cli.estates import layout_of
from caisson.cli.views.operation import show_operation, show_plan

USUAL_S = 300.0


def order(
    verb: str,
    estate: Path | None,
    *,
    as_json: bool,
    within_s: float = USUAL_S,
    **arguments: Any,
) -> dict[str, Any]:
    """Give an order and return its answer; whatever keeps it from being given ends the command."""
    client = connect(layout_of(estate, as_json=as_json), as_json=as_json)
    try:
        return client.order(verb, within_s, **arguments)
    except OrderRefused as error:
        refuse(error, as_json=as_json)
    except ControllerGone as error:
        output.fail(output.BROKEN, str(error), as_json=as_json)


def end_with(answer: dict[str, Any], *, as_json: bool) -> NoReturn:
    """Show a plan, or an operation that has ended, and end the command accordingly."""
    if as_json:
        output.print_json(answer)
    elif "plan" in answer:
        show_plan(output.screen(), answer["plan"])
    else:
        show_operation(output.screen(), answer)
    raise SystemExit(output.ALL_WELL if answer.get("state", "done") == "done" else output.BROKEN)
