"""`caisson destroy`: takes an estate away from the cloud; its data only by an explicit word."""

from pathlib import Path
from typing import Any

import click

from caisson.cli import output
from caisson.cli.apply import asked
from caisson.cli.aws_proof import radius_of
from caisson.cli.aws_target import begin, through_roots, yes_option
from caisson.cli.views.blast import show_losses, show_root
from caisson.plan.blast_radius import BlastRadius
from caisson.targets.aws.applying import Applier
from caisson.terraform.writing.model import Root


@click.command()
@through_roots
@click.option(
    "--with-data-of",
    metavar="NAME",
    help="The estate's name: then what keeps data goes too, and cannot be brought back.",
)
@yes_option
def destroy(
    estate: Path | None,
    target: str,
    out: Path,
    only: tuple[str, ...],
    with_data_of: str | None,
    yes: bool,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Take away what was applied, root by root, in the reverse order.

    A root that keeps data is refused, unless --with-data-of says the estate's name. Backups that
    are locked stay until their time is over, whoever destroys.
    """
    work = begin(estate, out, only, overwrite=overwrite, as_json=as_json)
    name = work.made.loaded.estate.estate
    if with_data_of not in (None, name):
        reason = f"the estate is called `{name}`, not `{with_data_of}`"
        output.fail(output.WRONG_INPUT, reason, as_json=as_json)
    taken = _Taken(work.applier, with_data_of is not None, yes, as_json)
    done = [taken.away(each) for each in reversed(work.roots)]
    if as_json:
        output.print_json({"target": target, "roots": done})


class _Taken:
    """One order to destroy."""

    def __init__(self, work: Applier, with_data: bool, yes: bool, as_json: bool) -> None:
        self._work, self._with_data, self._yes, self._as_json = work, with_data, yes, as_json

    def away(self, root: Root) -> dict[str, Any]:
        """Destroy one root, which was never applied or is gone already when there is nothing."""
        planned = self._work.plan_to_destroy(root)
        if planned.document is None or not planned.changes:
            return {"root": root.path, "destroyed": 0}
        radius = radius_of(planned)
        if not self._as_json:
            show_root(output.screen(), planned, radius)
        self._refuse_losses(root, radius)
        asked(f"Destroy {root.path}?", yes=self._yes, as_json=self._as_json)
        self._work.destroy(root)
        return {"root": root.path, "destroyed": len(radius.touched)}

    def _refuse_losses(self, root: Root, radius: BlastRadius) -> None:
        if self._with_data or not radius.losing_data:
            return
        if not self._as_json:
            show_losses(output.screen(), radius)
        reason = f"{root.path} keeps data; if it is to go too, add --with-data-of and the name"
        output.fail(output.WRONG_INPUT, reason, as_json=self._as_json)
