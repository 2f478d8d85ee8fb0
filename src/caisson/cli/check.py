"""`caisson check`: prove the promises of estates, from what they declare alone."""

from collections.abc import Iterator
from pathlib import Path

import click

from caisson.cli import output
from caisson.cli.estates import json_option, strict_option
from caisson.cli.views import markdown, sarif, verdicts
from caisson.cli.views.verdicts import Checked
from caisson.estate.loading import find, load
from caisson.estate.mistakes import EstateErrors, Mistake
from caisson.estate.model import Estate
from caisson.estate.promise_files import with_promises
from caisson.estate.sources import Source
from caisson.prove.check import prove
from caisson.prove.model import Decision
from caisson.terraform.document import SIZE_LIMIT
from caisson.terraform.read import read
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
    checked = _check_all(paths or (None,), promises, as_json=form == "json")
    _show(checked, form)
    raise SystemExit(output.exit_code(_decisions(checked), strict=strict))


def _decisions(checked: list[Checked]) -> Iterator[Decision]:
    return (verdict.decision for one in checked for verdict in one.verdicts)


def _check_all(
    paths: tuple[Path | None, ...], promises: Path | None, *, as_json: bool
) -> list[Checked]:
    """Check every estate, or end with the mistakes of all of them."""
    checked: list[Checked] = []
    mistakes: dict[Mistake, None] = {}
    for path in paths:
        try:
            checked.append(_check(path, promises))
        except EstateErrors as errors:
            mistakes.update(dict.fromkeys(errors.mistakes))
    if mistakes:
        output.fail_mistaken(mistakes, as_json=as_json)
    return checked


def _check(path: Path | None, promises: Path | None) -> Checked:
    found = find(path)
    if found.suffix == ".json" and found.is_file():
        return Checked(Estate(estate="plan"), read(str(found), _content(found)), ())
    loaded = load(found)
    if promises is not None:
        loaded = with_promises(loaded, promises)
    topology = resolve(loaded.estate, loaded.sources)
    return Checked(loaded.estate, topology, prove(loaded.estate, loaded.sources, topology))


def _content(file: Path) -> bytes:
    """Return the file's content, read no further than one byte beyond the limit."""
    try:
        with file.open("rb") as stream:
            return stream.read(SIZE_LIMIT + 1)
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        remedy = "name a plan that you may read"
        raise EstateErrors([Mistake(Source(str(file), 1), what, remedy)]) from error


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
