"""`caisson destroy`: takes an estate away from the cloud; its data only by an explicit word."""

from pathlib import Path
from typing import Any

import click

from caisson.cli import output
from caisson.cli.apply import asked
from caisson.cli.aws_proof import radius_of
from caisson.cli.aws_target import Work, begin, through_roots, yes_option
from caisson.cli.views.blast import show_losses, show_root
from caisson.plan.blast_radius import keeping_data
from caisson.targets.aws.applying import Applier
from caisson.terraform.read import read
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

    When any of the roots keeps data, nothing is taken away, unless --with-data-of says the
    estate's name. Backups that are locked stay until their time is over, whoever destroys.
    """
    work = begin(estate, out, only, overwrite=overwrite, as_json=as_json)
    name = work.made.loaded.estate.estate
    if with_data_of not in (None, name):
        reason = f"the estate is called `{name}`, not `{with_data_of}`"
        output.fail(output.WRONG_INPUT, reason, as_json=as_json)
    if with_data_of is None:
        _refuse_data(work, as_json=as_json)
    taken = _Taken(work.applier, yes, as_json)
    done = [taken.away(each) for each in reversed(work.roots)]
    if as_json:
        output.print_json({"target": target, "roots": done})


def _refuse_data(work: Work, *, as_json: bool) -> None:
    """End the command, with nothing changed, when any of the roots keeps data."""
    kept = {each.path: _keeping(each.path, work.applier.kept(each)) for each in work.roots}
    reasons = [
        f"{path} keeps data, or the keys to it, in {', '.join(addresses)}"
        for path, addresses in kept.items()
        if addresses
    ]
    if reasons:
        word = f"--with-data-of {work.made.loaded.estate.estate}"
        remedy = f"nothing was destroyed; if that is to go too, for good, add {word}"
        output.fail(output.WRONG_INPUT, *reasons, remedy, as_json=as_json)


def _keeping(path: str, state: bytes | None) -> list[str]:
    return sorted(keeping_data(read(path, state))) if state is not None else []


class _Taken:
    """One order to destroy."""

    def __init__(self, work: Applier, yes: bool, as_json: bool) -> None:
        self._work, self._yes, self._as_json = work, yes, as_json

    def away(self, root: Root) -> dict[str, Any]:
        """Destroy one root, which was never applied or is gone already when there is nothing."""
        planned = self._work.plan_to_destroy(root)
        if planned.document is None or not planned.changes:
            return {"root": root.path, "destroyed": 0}
        radius = radius_of(planned)
        if not self._as_json:
            show_root(output.screen(), planned, radius)
            show_losses(output.screen(), radius)
        asked(f"Destroy {root.path}?", yes=self._yes, as_json=self._as_json)
        self._work.destroy(planned)
        return {"root": root.path, "destroyed": len(radius.touched)}
