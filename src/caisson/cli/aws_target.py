"""What the verbs that make an estate real on AWS share: options, rendering, proving."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.markup import escape

from caisson.cli import output
from caisson.cli.estates import load_or_fail
from caisson.estate.loading import Loaded
from caisson.estate.mistakes import EstateErrors, Mistake
from caisson.estate.sources import Source
from caisson.targets.aws.applying import Applier, chosen
from caisson.targets.aws.folder import EditedError, Written, write
from caisson.targets.aws.program import Program, ProgramError, find
from caisson.terraform.writing.model import Rendering, Root
from caisson.terraform.writing.render import render
from caisson.terraform.writing.text import files
from caisson.topology.resolve import resolve

F = TypeVar("F", bound=Callable[..., Any])
FOLDER = Path("terraform")

target_option = click.option(
    "--target",
    type=click.Choice(["aws"]),
    required=True,
    help="Where the estate is to be real.",
)
out_option = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=FOLDER,
    show_default=True,
    help="The folder of the rendered roots.",
)
root_option = click.option(
    "--root",
    "only",
    multiple=True,
    metavar="PATH",
    help="Only this root, or those below this path, such as production/us (may be repeated).",
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask before each root.")
overwrite_option = click.option(
    "--overwrite",
    is_flag=True,
    help="Replace rendered files even if somebody has edited them since.",
)


@dataclass(frozen=True, slots=True)
class Rendered:
    """An estate and its roots, as they stand in `folder`."""

    loaded: Loaded
    rendering: Rendering
    folder: Path
    written: Written


def rendered(estate: Path | None, folder: Path, *, overwrite: bool, as_json: bool) -> Rendered:
    """Render an estate into a folder; every mistake is told, then exit code 2."""
    loaded = load_or_fail(estate, as_json=as_json)
    try:
        topology = resolve(loaded.estate, loaded.sources)
        made = render(loaded.estate, loaded.sources, topology)
        written = write(folder, files(made), overwrite=overwrite)
    except EstateErrors as errors:
        output.fail_mistaken(errors.mistakes, as_json=as_json)
    except EditedError as error:
        what = "was not written by `caisson render`, or has been edited since"
        remedy = "bring the change into the estate, or give it up with --overwrite"
        output.fail_mistaken(
            (Mistake(Source(str(each), 1), what, remedy) for each in error.files), as_json=as_json
        )
    return Rendered(loaded, made, folder, written)


def program_or_fail(*, as_json: bool) -> Program:
    try:
        return find()
    except ProgramError as error:
        output.fail(output.WRONG_INPUT, str(error), as_json=as_json)


def roots_or_fail(
    rendering: Rendering, only: tuple[str, ...], *, as_json: bool
) -> tuple[Root, ...]:
    """Return the roots that were asked for; a path without any is a mistake."""
    known = ", ".join(each.path for each in rendering.roots)
    wrong = [each for each in only if not chosen(rendering, [each])]
    if wrong:
        reasons = [f"there is no root at or below `{each}`; there are {known}" for each in wrong]
        output.fail(output.WRONG_INPUT, *reasons, as_json=as_json)
    return chosen(rendering, only)


def applier(made: Rendered, program: Program, *, as_json: bool) -> Applier:
    """Return what drives Terraform; what it says goes to stderr, by root."""
    notes = output.notes()

    def say(path: str, line: str) -> None:
        notes.print(f"[dim]{escape(path)}[/dim]  {escape(line)}")

    return Applier(program, made.folder, made.rendering, say if not as_json else _silent)


def _silent(_path: str, _line: str) -> None:
    """Say nothing: progress is for people."""


def written_document(written: Written) -> Mapping[str, Any]:
    return {
        "added": list(written.added),
        "changed": list(written.changed),
        "removed": list(written.removed),
        "unchanged": written.kept,
    }
