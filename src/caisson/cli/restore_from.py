"""`caisson restore --from`: on a machine with nothing but a repository and its key."""

import os
import signal
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from caisson.cli import output
from caisson.cli.estates import json_option
from caisson.cli.moments import Moment
from caisson.cli.views.fresh import show_fresh
from caisson.estate.buckets import masked
from caisson.execute.bucket_access import AccessMissing, access_of
from caisson.execute.errors import StepError
from caisson.execute.fresh import Choice, Restored, Wanted, choose, restore
from caisson.execute.opened import CannotOpen, Opened
from caisson.systems.pgbackrest.repository import RepositoryRefused, repository_of
from caisson.targets.local.binaries import find
from caisson.targets.local.layout import Layout

KEY_VARIABLE = "CAISSON_REPOSITORY_KEY"


@click.command(name="restore")
@click.option("--from", "repository", required=True, metavar="REPOSITORY", help="Folder or URL.")
@click.option(
    "--key-file",
    type=click.File("r", "utf-8", errors="replace"),
    help=f"The file that holds its key, - for stdin (default: the variable {KEY_VARIABLE}).",
)
@click.option("--store", "stores", multiple=True, help="Only this one (default: all there are).")
@click.option("--to", "moment", type=Moment(), help="Restore this moment (default: the newest).")
@click.option(
    "--into",
    required=True,
    type=click.Path(path_type=Path),
    help="An empty folder, or one to be made.",
)
@click.option("--discard", is_flag=True, help="Leave nothing: only see that it can be restored.")
@json_option
def restore_from(
    repository: str,
    key_file: Any,
    stores: tuple[str, ...],
    moment: float | None,
    into: Path,
    discard: bool,
    as_json: bool,
) -> None:
    """Restore the Postgres stores of REPOSITORY, which ends with ENVIRONMENT/JURISDICTION.

    Nothing else is needed: no estate, no state, no controller. Each store is restored, recovered,
    asked the SQL questions that its estate declared, and stopped; what is left can be started by
    the line that is printed. Exit code 0 says that every question of every store was asked and
    answered as it should be.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):  # else the folder that holds the key would stay
        signal.signal(number, lambda *_: sys.exit(output.INTERRUPTED))
    wanted = Wanted(into.absolute(), stores, moment, discard)
    with tempfile.TemporaryDirectory(prefix="caisson-") as work:
        try:
            opened = _open(repository, _key(key_file), Path(work))
            postgres = find("postgres")
            choice = choose(opened, wanted, postgres, time.time())
        except (CannotOpen, RepositoryRefused, AccessMissing) as error:
            output.fail(output.WRONG_INPUT, str(error), as_json=as_json)
        except StepError as error:
            output.fail(output.BROKEN, str(error), as_json=as_json)
        notes = output.notes()
        done = tuple(restore(opened, choice, wanted, postgres, notes.print))
    _show(choice, done, as_json=as_json)


def _open(repository: str, key: str, work: Path) -> Opened:
    written = repository if "://" in repository else str(Path(repository).resolve())
    place = repository_of(written)
    access, program = access_of(place, os.environ), find("pgbackrest")
    return Opened(place, masked(written), access, key, Layout(work), program)


def _key(file: Any) -> str:
    if file is None:
        written = os.environ.get(KEY_VARIABLE, "")
        if not written:
            raise CannotOpen(f"name the key: --key-file FILE, or - for stdin, or {KEY_VARIABLE}")
    elif file is sys.stdin and file.isatty():
        raise CannotOpen("the key is not typed in, where it could be seen: name a file, or pipe it")
    else:
        written = file.read()
    key = written.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise CannotOpen("that is no key: it is one word on one line")
    return str(key)


def _show(choice: Choice, done: tuple[Restored, ...], *, as_json: bool) -> None:
    document = _document(choice, done)
    if as_json:
        output.print_json(document)
    else:
        show_fresh(output.screen(), document)
    raise SystemExit(output.ALL_WELL if document["answered"] else output.BROKEN)


def _document(choice: Choice, done: tuple[Restored, ...]) -> dict[str, Any]:
    inventory = choice.inventory
    return {
        "estate": inventory.estate if inventory else None,
        "environment": inventory.environment if inventory else None,
        "jurisdiction": inventory.jurisdiction if inventory else None,
        "inventory": {"written_at": inventory.written_at, "caisson": inventory.caisson}
        if inventory
        else None,
        "unknown": choice.unknown,
        "without_backups": list(choice.others),
        "stores": [{**asdict(each), "answered": each.answered} for each in done],
        "answered": not choice.others and all(each.answered for each in done),
    }
