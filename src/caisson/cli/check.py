"""`caisson check`: what the declaration, or somebody's Terraform, proves of the promises."""

import gc
from datetime import UTC, datetime
from pathlib import Path

import click

from caisson.cli import baseline as baselines
from caisson.cli import earlier, output
from caisson.cli.checked import Checked, Report
from caisson.cli.estates import json_option, strict_option
from caisson.cli.reading import Asked, read_all
from caisson.cli.views import markdown, sarif, verdicts, verdicts_document
from caisson.estate import accepted
from caisson.estate.mistakes import EstateErrors, Mistake
from caisson.estate.sources import Source
from caisson.prove.acceptance import Weighed, weigh
from caisson.prove.changes import changes
from caisson.prove.model import Decision, Verdict
from caisson.targets.local.layout import write_whole

_FILE = click.Path(path_type=Path)
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command()
@click.argument("paths", nargs=-1, type=_FILE, metavar="[PATH]...")
@click.option(
    "--promises",
    type=_FILE,
    metavar="FILE",
    help="A file with promises. Those of an estate's own that have the same name are replaced.",
)
@click.option(
    "--source",
    type=_FOLDER,
    metavar="DIR",
    help="The folder that was planned (default: the plan's own, when it has *.tf files).",
)
@click.option(
    "--together/--each",
    default=None,
    help="Whether several plans are parts of one estate (default: with --promises they are).",
)
@click.option(
    "--before",
    multiple=True,
    type=_FILE,
    metavar="OLD",
    help="The plan or state before a change, or what --json printed of it: tells what the "
    "change does to each promise.",
)
@click.option(
    "--baseline",
    type=_FILE,
    metavar="FILE",
    help="Findings that are accepted, each with a reason, an owner and the day it ends.",
)
@click.option(
    "--write-baseline",
    is_flag=True,
    help=f"Write what is broken now into the baseline (default: {baselines.USUAL_NAME}); with "
    "--strict, what cannot be told too.",
)
@click.option("--why", is_flag=True, help="Show people every derivation whole.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["human", "json", "sarif", "markdown", "html"]),
    help="How to show it (default: human).",
)
@click.option("--console", is_flag=True, help="Then serve a page with the map, on this machine.")
@json_option
@strict_option
def check(
    paths: tuple[Path, ...],
    promises: Path | None,
    source: Path | None,
    together: bool | None,
    before: tuple[Path, ...],
    baseline: Path | None,
    write_baseline: bool,
    why: bool,
    form: str | None,
    console: bool,
    as_json: bool,
    strict: bool,
) -> None:
    """Prove the promises of what is at PATH (default: what the current folder holds).

    PATH is an estate, or Terraform: a plan or a state as JSON, by `terraform show -json`, a
    configuration, or a folder of these. Nothing is started, and no cloud is asked: a verdict
    follows from what is declared. A promise holds, or it is broken, or it cannot be told.

    Without --promises, Terraform is asked for a default set of promises.
    """
    if as_json and form not in (None, "json"):
        raise click.UsageError(f"--json and --format {form} exclude each other")
    gc.disable()  # nearly all that is made is kept to the end
    click.get_current_context().call_on_close(_collect_again)
    form = "json" if as_json else form or "human"
    as_json = form == "json"
    asked = Asked(promises, source, together)
    mistakes: dict[Mistake, None] = {}
    checked = _gathered(asked, paths or (None,), mistakes)
    old = _before(asked, before, mistakes)
    known = _known(baseline, mistakes, draft=write_baseline)
    if mistakes:
        output.fail_mistaken(mistakes, as_json=as_json)
    if write_baseline:
        _write(baseline or Path(baselines.USUAL_NAME), checked, known, strict=strict)
        return
    report = Report(
        checked,
        None if baseline is None else _weighed(checked, known),
        changes(old, _verdicts(checked)) if before else None,
        ", ".join(map(str, before)),
    )
    _show(report, form, why=why)
    if console:
        from caisson.cli import checked_page  # noqa: PLC0415  see _show

        _collect_again()
        checked_page.serve(report)
    raise SystemExit(output.exit_code(report.decisions(), strict=strict))


def _collect_again() -> None:
    """Look for cycles again, but not among what is there: in a large plan that takes seconds."""
    gc.freeze()
    gc.enable()


def _gathered(
    asked: Asked, paths: tuple[Path | None, ...], mistakes: dict[Mistake, None]
) -> tuple[Checked, ...]:
    """Check everything, and gather the mistakes of all of it."""
    try:
        return read_all(asked, paths) if paths else ()
    except EstateErrors as errors:
        mistakes.update(dict.fromkeys(errors.mistakes))
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        source = Source(str(error.filename or "."), 1)
        mistakes[Mistake(source, what, "name what exists and what you may read")] = None
    return ()


def _before(asked: Asked, files: tuple[Path, ...], mistakes: dict[Mistake, None]) -> list[Verdict]:
    """Return the verdicts before a change: of plans, and as they were printed."""
    printed = [each for each in files if earlier.is_earlier(each)]
    plans = tuple(each for each in files if each not in printed)
    found = _verdicts(_gathered(asked, plans, mistakes))
    for each in printed:
        try:
            found += earlier.verdicts(each)
        except EstateErrors as errors:
            mistakes.update(dict.fromkeys(errors.mistakes))
    return found


def _known(
    file: Path | None, mistakes: dict[Mistake, None], *, draft: bool
) -> tuple[accepted.Acceptance, ...]:
    if file is None and draft:
        file = Path(baselines.USUAL_NAME)
    if file is None or (draft and not file.exists()):
        return ()
    try:
        return accepted.read(file, draft=draft)
    except EstateErrors as errors:
        mistakes.update(dict.fromkeys(errors.mistakes))
        return ()


def _weighed(checked: tuple[Checked, ...], known: tuple[accepted.Acceptance, ...]) -> Weighed:
    found = {one.fingerprint(v): v for one in checked for v in one.verdicts}
    return weigh(found, known, datetime.now(UTC).date())


def _verdicts(checked: tuple[Checked, ...]) -> list[Verdict]:
    return [verdict for one in checked for verdict in one.verdicts]


def _write(
    file: Path,
    checked: tuple[Checked, ...],
    known: tuple[accepted.Acceptance, ...],
    *,
    strict: bool,
) -> None:
    decisions = (Decision.BROKEN, Decision.UNKNOWN) if strict else (Decision.BROKEN,)
    written = baselines.written(checked, known, datetime.now(UTC).date(), decisions)
    write_whole(file, written.text)
    click.echo(
        f"{file}: {output.plural(written.entries, 'finding')}, of which {written.empty} have no "
        "reason or owner yet; write these before you check with it",
        err=True,
    )


def _show(report: Report, form: str, *, why: bool) -> None:
    match form:
        case "json":
            output.print_json(verdicts_document.verdicts_document(report))
        case "sarif":
            output.print_json(sarif.sarif_log(report))
        case "markdown":
            click.echo(markdown.report_comment(report))
        case "html":
            # A web server takes longer to import than most plans take to be checked.
            from caisson.cli import checked_page  # noqa: PLC0415

            click.echo(checked_page.page(report))
        case _:
            verdicts.show_report(output.screen(), report, why=why)
