"""`caisson plan`: what an apply would touch, and what it would do to the promises."""

from pathlib import Path
from typing import Any

import click

from caisson.cli import output
from caisson.cli.aws_proof import Effect, effect
from caisson.cli.aws_target import begin, through_roots
from caisson.cli.estates import strict_option
from caisson.cli.views.blast import planned_document, show_planned
from caisson.targets.aws.applying import Planned


@click.command()
@through_roots
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
    work = begin(estate, out, only, overwrite=overwrite, as_json=as_json)
    planned = tuple(work.applier.plan(work.roots))
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
