"""A text of Caisson's own in a repository, beside pgBackRest's folders. Pure.

    REPOSITORY/archive, backup               pgBackRest's
    REPOSITORY/caisson/archive/inventory/    one file, encrypted with the repository's key

So it is written by the engine that writes everything else, whole or not at all, into a folder and
into a bucket alike. `repo-get` decrypts with the repository's own key what is called `archive.info`
below `archive/`, and refuses what it has no key for: hence the name, and a folder that is its
repository to `repo-put` and to nothing else. `info`, `verify` and `expire` do not see it.

The cipher tells nobody that a byte was changed. So the text has a first line with its digest.
"""

import hashlib

from caisson.systems.pgbackrest.files import Commands
from caisson.systems.pgbackrest.repository import Repository

_NAME = "archive/inventory/archive.info"
_HEAD = "caisson 1 sha256 "


class BesideDamaged(ValueError):  # noqa: N818 - says what is so
    """The text is not the one that was written."""


def put(commands: Commands, repository: Repository) -> tuple[str, ...]:
    """Write what is on stdin; what was there before stays until all of it is written."""
    return (*_command(commands, repository), "repo-put", _NAME)


def get(commands: Commands, repository: Repository) -> tuple[str, ...]:
    """Print it; nothing at all where there is none."""
    return (*_command(commands, repository), "--ignore-missing", "repo-get", _NAME)


def stores(commands: Commands) -> tuple[str, ...]:
    """The names of the stores that have backups, as the keys of a JSON object."""
    return (*_quiet(commands), "--output=json", "repo-ls", "backup")


def sealed(text: str) -> str:
    """The text as it is put."""
    return f"{_HEAD}{_digest(text)}\n{text}"


def opened(sealed_text: str) -> str:
    """The text that was put; raise BesideDamaged when this is another."""
    head, _, text = sealed_text.partition("\n")
    if head != f"{_HEAD}{_digest(text)}":
        raise BesideDamaged("its digest is not that of its text")
    return text


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _command(commands: Commands, repository: Repository) -> tuple[str, ...]:
    return (*_quiet(commands), f"--repo1-path={repository.path.rstrip('/')}/caisson")


def _quiet(commands: Commands) -> tuple[str, ...]:
    # What it logs would stand between what it answers; an error ends it.
    levels = ("--log-level-console=off", "--log-level-stderr=error")
    return (commands.binary, f"--config={commands.conf}", *levels)
