"""`caisson check`: prove the promises of estates, from what they declare alone."""

from collections.abc import Iterator
from pathlib import Path

import click

from caisson.cli import output
from caisson.cli.estates import json_option, strict_option
from caisson.cli.terraform_input import Root, is_terraform, roots, topology
from caisson.cli.views import markdown, sarif, verdicts
from caisson.cli.views.verdicts import Checked
from caisson.estate import promise_files
from caisson.estate.loading import find, load
from caisson.estate.mistakes import EstateErrors, Mistake
from caisson.estate.promise_files import Promised
from caisson.prove.check import prove, prove_terraform
from caisson.prove.model import Decision
from caisson.topology.places import Places
from caisson.topology.resolve import resolve


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option(
    "--promises",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A file with `promises:` alone; they replace those of the same name.",
)
@click.option(
    "--source",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="The folder that was planned (default: the plan's own, when it has *.tf files).",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["human", "json", "sarif", "markdown"]),
    help="How to show it (default: human).",
)
@json_option
@strict_option
def check(
    paths: tuple[Path, ...],
    promises: Path | None,
    source: Path | None,
    form: str | None,
    as_json: bool,
    strict: bool,
) -> None:
    """Prove the promises of the estates at PATH (default: the current folder).

    Nothing is started: a verdict follows from what is declared. It holds, it is broken, or it
    cannot be told without a drill.
    """
    if as_json and form not in (None, "json"):
        raise click.UsageError(f"--json and --format {form} exclude each other")
    form = "json" if as_json else form or "human"
    checked = _check_all(paths or (None,), promises, source, as_json=form == "json")
    _show(checked, form)
    raise SystemExit(output.exit_code(_decisions(checked), strict=strict))


def _decisions(checked: list[Checked]) -> Iterator[Decision]:
    return (verdict.decision for one in checked for verdict in one.verdicts)


def _check_all(
    paths: tuple[Path | None, ...], promises: Path | None, source: Path | None, *, as_json: bool
) -> list[Checked]:
    """Check every estate, or end with the mistakes of all of them."""
    checked: list[Checked] = []
    mistakes: dict[Mistake, None] = {}
    for path in paths:
        try:
            checked += _check(path, promises, source)
        except EstateErrors as errors:
            mistakes.update(dict.fromkeys(errors.mistakes))
    if mistakes:
        output.fail_mistaken(mistakes, as_json=as_json)
    return checked


def _check(path: Path | None, promises: Path | None, source: Path | None) -> list[Checked]:
    found = find(path)
    if is_terraform(found):
        promised = None if promises is None else promise_files.read(promises)
        return [_check_terraform(root, promised) for root in roots(found, source)]
    loaded = load(found)
    if promises is not None:
        loaded = promise_files.with_promises(loaded, promises)
    seen = resolve(loaded.estate, loaded.sources)
    verdicts = prove(loaded.estate, loaded.sources, seen)
    return [Checked(loaded.estate.estate, seen, tuple(loaded.estate.promises), verdicts)]


def _check_terraform(root: Root, promised: Promised | None) -> Checked:
    seen = topology(root, Places.of(promised.file) if promised else Places())
    proved = prove_terraform(promised, seen)
    return Checked(root.name, seen, proved.promises, proved.verdicts, defaults=proved.defaults)


def _show(checked: list[Checked], form: str) -> None:
    match form:
        case "json":
            output.print_json(verdicts.verdicts_document(checked))
        case "sarif":
            output.print_json(sarif.sarif_log(checked))
        case "markdown":
            click.echo(markdown.verdicts_table(checked))
        case _:
            verdicts.show_verdicts(output.screen(), checked)
