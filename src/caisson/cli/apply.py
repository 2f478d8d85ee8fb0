"""`caisson apply`: each root planned, shown, and made real, in the order of their needs."""

import sys
from pathlib import Path
from typing import Any

import click

from caisson.cli import output
from caisson.cli.aws_proof import radius_of
from caisson.cli.aws_target import begin, through_roots, yes_option
from caisson.cli.views.blast import show_losses, show_root
from caisson.plan.blast_radius import BlastRadius, Touched
from caisson.targets.aws.applying import Applier, Planned
from caisson.terraform.writing.model import Root

lose_data_option = click.option(
    "--lose-data",
    multiple=True,
    metavar="ADDRESS",
    help="Let this resource be destroyed, and its data with it (may be repeated).",
)


@click.command()
@through_roots
@lose_data_option
@yes_option
def apply(
    estate: Path | None,
    target: str,
    out: Path,
    only: tuple[str, ...],
    lose_data: tuple[str, ...],
    yes: bool,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Render ESTATE and make it real, root by root; what is as it should be is left.

    Each root is planned when those that it needs have been applied, and exactly that plan is
    carried out. Interrupted or failed, give the same order again. What would destroy data is
    refused, unless --lose-data names it.
    """
    work = begin(estate, out, only, overwrite=overwrite, as_json=as_json)
    order = _Order(work.applier, lose_data, yes, as_json)
    done = [order.carry_out(each) for each in work.roots]
    if as_json:
        output.print_json({"target": target, "roots": done})


class _Order:
    """One order to apply: what may be lost, and whether anybody is asked."""

    def __init__(self, work: Applier, lose: tuple[str, ...], yes: bool, as_json: bool) -> None:
        self._work, self._lose, self._yes, self._as_json = work, lose, yes, as_json

    def carry_out(self, root: Root) -> dict[str, Any]:
        """Plan and apply one root; whatever keeps it from being done ends the command."""
        planned = self._work.plan_one(root, set())
        self._refuse_what_waits(planned)
        radius = radius_of(planned)
        self._show(planned, radius)
        self._refuse_losses(root, radius)
        if planned.changes:
            asked(f"Apply {root.path}?", yes=self._yes, as_json=self._as_json)
            self._work.apply(root)
        counts = {deed.value: count for deed, count in radius.counts.items()}
        return {"root": root.path, "applied": planned.changes, "changes": counts}

    def _refuse_what_waits(self, planned: Planned) -> None:
        if planned.waits_for:
            needed = ", ".join(planned.waits_for)
            reason = f"{planned.root.path} needs {needed}, which was not applied as it is written"
            output.fail(output.WRONG_INPUT, reason, as_json=self._as_json)

    def _show(self, planned: Planned, radius: BlastRadius) -> None:
        if not self._as_json:
            show_root(output.screen(), planned, radius)

    def _refuse_losses(self, root: Root, radius: BlastRadius) -> None:
        lost = [each for each in radius.losing_data if each.address not in self._lose]
        if not lost:
            return
        if not self._as_json:
            show_losses(output.screen(), radius)
        reasons = (f"{root.path}: {_loss(each)}" for each in lost)
        output.fail(output.WRONG_INPUT, *reasons, as_json=self._as_json)


def _loss(each: Touched) -> str:
    """Return what would be lost, and the word that lets it go."""
    word = f"add --lose-data {each.address}"
    if each.unfinished:
        return (
            f"{each.address} keeps data; an apply ended before it was whole, and Terraform would"
            f" make it anew; if nobody can have used it, {word}"
        )
    return f"{each.address} keeps data and would be {each.deed.value}d; if that is meant, {word}"


def asked(question: str, *, yes: bool, as_json: bool) -> None:
    """Go on when a person agrees, or has said yes beforehand; else end, with nothing changed."""
    if yes:
        return
    if as_json or not sys.stdin.isatty():
        reason = "nobody is there to be asked: add --yes, or look first with `caisson plan`"
        output.fail(output.WRONG_INPUT, reason, as_json=as_json)
    if not click.confirm(question, err=True):
        output.fail(output.WRONG_INPUT, "it was not done")
