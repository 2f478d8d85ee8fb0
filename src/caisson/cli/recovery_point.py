"""`caisson restore ENVIRONMENT/JURISDICTION`: all stores of it, brought back to one moment."""

from pathlib import Path
from typing import NoReturn

from caisson.cli import output
from caisson.cli.orders import order
from caisson.cli.views.operation import show_plan
from caisson.cli.views.recovery_point import show_others, show_recovery_point

_LONGEST_S = 86_400.0


def is_one(subject: str) -> bool:
    """Whether all stores of a jurisdiction are meant and not one of them."""
    return subject.count("/") == 1


def restore_all(
    subject: str,
    moment: float | None,
    estate: Path | None,
    *,
    keep: bool,
    plan_only: bool,
    as_json: bool,
) -> NoReturn:
    """Have them restored and asked; show what became of each, and end the command."""
    answer = order(
        "recovery-point",
        estate,
        as_json=as_json,
        within_s=_LONGEST_S,
        subject=subject,
        moment=moment,
        keep=keep,
        plan_only=plan_only,
    )
    if as_json:
        output.print_json(answer)
    elif plan_only:
        for plan in answer["plans"]:
            show_plan(output.screen(), plan)
        show_others(output.screen(), answer)
    else:
        show_recovery_point(output.screen(), answer)
    done = plan_only or answer["state"] == "done"
    raise SystemExit(output.ALL_WELL if done else output.BROKEN)
