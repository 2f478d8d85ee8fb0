"""`caisson key`: a copy of a repository's key, to keep where the estate is not."""

import json
import os
from pathlib import Path

import click

from caisson.cli import output
from caisson.cli.estates import estate_option, json_option, layout_of


@click.command()
@click.argument("repository", metavar="ENVIRONMENT/JURISDICTION")
@click.argument("file", type=click.Path(path_type=Path))
@estate_option
@json_option
def key(repository: str, file: Path, estate: Path | None, as_json: bool) -> None:
    """Write the key of the backups of ENVIRONMENT/JURISDICTION into the new FILE, mode 0600.

    Without it no backup can be read, and it lies nowhere but beside Caisson's state: keep the file
    somewhere that is not lost with this machine, and not beside the repository. FILE must not
    exist; the key is shown nowhere.
    """
    known = _keys(layout_of(estate, as_json=as_json).secrets)
    if repository not in known:
        there_are = f"there are {', '.join(known)}" if known else "nothing was backed up here yet"
        output.fail(
            output.WRONG_INPUT, f"there is no key of {repository}; {there_are}", as_json=as_json
        )
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        output.fail(
            output.WRONG_INPUT,
            f"{file} is there already: name a file that is not there yet",
            as_json=as_json,
        )
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(f"{known[repository]}\n")
        stream.flush()
        os.fsync(stream.fileno())
    _tell(repository, file, as_json=as_json)


def _keys(secrets: Path) -> dict[str, str]:
    """By repository; empty before the first `up`."""
    if not secrets.exists():
        return {}
    found: dict[str, str] = json.loads(secrets.read_text("utf-8"))
    kept = ((name.removesuffix("/backups"), value) for name, value in found.items())
    return {name: value for name, value in kept if f"{name}/backups" in found}


def _tell(repository: str, file: Path, *, as_json: bool) -> None:
    if as_json:
        output.print_json({"repository": repository, "file": str(file)})
    else:
        output.screen().print(f"the key of {repository} is in {file}", markup=False)
