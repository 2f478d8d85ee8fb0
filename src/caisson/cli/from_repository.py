"""The other form of `caisson restore`, whose file is imported when it is used."""

import importlib
from typing import Any

import click

FROM_REPOSITORY = """\b
On a machine with nothing but a repository and its key:
  caisson restore --from REPOSITORY --key-file FILE --into FOLDER
  caisson restore --from REPOSITORY --help
"""


class OrFromRepository(click.Command):
    """A command that hands over to `restore --from` where that is among its arguments."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        if not any(each.partition("=")[0] == "--from" for each in args):
            return super().make_context(info_name, args, parent, **extra)
        command: click.Command = importlib.import_module("caisson.cli.restore_from").restore_from
        return command.make_context(info_name, args, parent, **extra)
