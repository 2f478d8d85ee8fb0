"""Finding and loading the estate that a command is about."""

from pathlib import Path

import click

from caisson.cli import output
from caisson.estate.loading import Loaded, find, load
from caisson.estate.mistakes import EstateErrors
from caisson.targets.local.layout import Layout

estate_argument = click.argument(
    "estate", required=False, type=click.Path(path_type=Path), metavar="[ESTATE]"
)
estate_option = click.option(
    "--estate",
    type=click.Path(path_type=Path),
    help="The estate's file or folder (default: the current folder).",
)
json_option = click.option(
    "--json",
    "as_json",
    is_flag=True,
    is_eager=True,
    callback=output.remember_json,
    help="One JSON document on stdout.",
)
strict_option = click.option(
    "--strict", is_flag=True, help="Exit code 3 when something cannot be told."
)


def load_or_fail(path: Path | None, *, as_json: bool = False) -> Loaded:
    """The estate at `path` or in the current folder; every mistake is told, then exit code 2."""
    try:
        return load(find(path))
    except EstateErrors as errors:
        output.fail_mistaken(errors.mistakes, as_json=as_json)


def layout_of(path: Path | None, *, as_json: bool = False) -> Layout:
    """Where the estate keeps its state; the estate itself is not read, it may be broken by now."""
    try:
        found = find(path)
    except EstateErrors as errors:
        output.fail_mistaken(errors.mistakes, as_json=as_json)
    return Layout((found if found.is_dir() else found.parent).resolve())
