"""What the verbs that make an estate real on AWS share: options, rendering, proving."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from caisson.cli import output
from caisson.cli.estates import estate_argument, json_option, load_or_fail
from caisson.estate.loading import Loaded
from caisson.estate.mistakes import Mistake
from caisson.estate.sources import Source
from caisson.targets.aws.applying import Applier, chosen
from caisson.targets.aws.folder import EditedError, Written, write
from caisson.targets.aws.program import Program, find
from caisson.terraform.writing.model import Rendering, Root
from caisson.terraform.writing.render import render
from caisson.terraform.writing.text import files
from caisson.topology.resolve import resolve

Command = Callable[..., None]
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
    topology = resolve(loaded.estate, loaded.sources)
    made = render(loaded.estate, loaded.sources, topology)
    try:
        written = write(folder, files(made), overwrite=overwrite)
    except EditedError as error:
        what = "was not written by `caisson render`, or has been edited since"
        remedy = "bring the change into the estate, or give it up with --overwrite"
        output.fail_mistaken(
            (Mistake(Source(str(each), 1), what, remedy) for each in error.files), as_json=as_json
        )
    return Rendered(loaded, made, folder, written)


def _roots_or_fail(
    rendering: Rendering, only: tuple[str, ...], *, as_json: bool
) -> tuple[Root, ...]:
    """Return the roots that were asked for; a path without any is a mistake."""
    known = ", ".join(each.path for each in rendering.roots)
    wrong = [each for each in only if not chosen(rendering, [each])]
    if wrong:
        reasons = [f"there is no root at or below `{each}`; there are {known}" for each in wrong]
        output.fail(output.WRONG_INPUT, *reasons, as_json=as_json)
    return chosen(rendering, only)


def _applier(made: Rendered, program: Program, *, as_json: bool) -> Applier:
    """Return what drives Terraform; what it says goes to stderr, by root."""
    notes = output.notes()

    def say(path: str, line: str) -> None:
        notes.print(f"[dim]{escape(path)}[/dim]  {escape(line)}")

    return Applier(program, made.folder, made.rendering, say if not as_json else _silent)


def through_roots(command: Command) -> Command:
    """Give a command the arguments and options of all that work through roots."""
    for option in (
        json_option,
        overwrite_option,
        root_option,
        out_option,
        target_option,
        estate_argument,
    ):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Work:
    """A rendered estate, those of its roots that were asked for, and what works through them."""

    made: Rendered
    roots: tuple[Root, ...]
    applier: Applier


def begin(
    estate: Path | None, folder: Path, only: tuple[str, ...], *, overwrite: bool, as_json: bool
) -> Work:
    """Find Terraform, render, and choose the roots; what is wrong ends with exit code 2."""
    program = find()
    made = rendered(estate, folder, overwrite=overwrite, as_json=as_json)
    roots = _roots_or_fail(made.rendering, only, as_json=as_json)
    return Work(made, roots, _applier(made, program, as_json=as_json))


def _silent(_path: str, _line: str) -> None:
    """Say nothing: progress is for people."""


def written_document(written: Written) -> Mapping[str, Any]:
    return {
        "added": list(written.added),
        "changed": list(written.changed),
        "removed": list(written.removed),
        "unchanged": written.kept,
    }
