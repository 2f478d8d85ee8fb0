"""`caisson plan`: what an apply would touch, and what it would do to the promises."""

from pathlib import Path
from typing import Any

import click

from caisson.cli import output
from caisson.cli.aws_proof import Effect, effect
from caisson.cli.aws_target import (
    applier,
    out_option,
    overwrite_option,
    program_or_fail,
    rendered,
    root_option,
    roots_or_fail,
    target_option,
)
from caisson.cli.estates import estate_argument, json_option, strict_option
from caisson.cli.views.blast import planned_document, show_planned
from caisson.targets.aws.applying import Planned, RootFailedError


@click.command()
@estate_argument
@target_option
@out_option
@root_option
@overwrite_option
@json_option
@strict_option
def plan(
    estate: Path | None,
    target: str,
    out: Path,
    only: tuple[str, ...],
    overwrite: bool,
    as_json: bool,
    strict: bool,
) -> None:
    """Render ESTATE, plan each root with Terraform, and show what that comes to.

    For each root: what would be made, changed and destroyed, and whether data goes with it. For
    each promise: whether the change makes it better or worse. Nothing is applied.
    """
    program = program_or_fail(as_json=as_json)
    made = rendered(estate, out, overwrite=overwrite, as_json=as_json)
    roots = roots_or_fail(made.rendering, only, as_json=as_json)
    work = applier(made, program, as_json=as_json)
    try:
        planned = tuple(work.plan(roots))
    except RootFailedError as error:
        output.fail(output.BROKEN, str(error), as_json=as_json)
    found = effect(out, planned)
    if as_json:
        output.print_json({"target": target, **document(planned, found)})
    else:
        show_planned(output.screen(), planned, found.radius, found.changes)
    decisions = [each.decision for each in found.checked.verdicts]
    raise SystemExit(output.exit_code(decisions, strict=strict))


def document(planned: tuple[Planned, ...], found: Effect) -> dict[str, Any]:
    return {
        "roots": planned_document(planned, found.radius),
        "promises": [
            {
                "promise": each.promise,
                "direction": each.direction.value,
                "before": each.before and each.before.value,
                "after": each.after and each.after.value,
            }
            for each in found.changes
        ],
    }
