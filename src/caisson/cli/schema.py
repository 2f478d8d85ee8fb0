"""`caisson schema`: the JSON schema of an estate, for editors."""

import click

from caisson.cli import output
from caisson.estate.schema import json_schema


@click.command()
def schema() -> None:
    """Print the JSON schema of an estate.

    An editor that knows it completes keys and shows mistakes while you type. Save it, and
    begin estate.yaml with:

    \b
      # yaml-language-server: $schema=estate.schema.json
    """  # noqa: D301  click reads the escape
    output.print_json(json_schema())
