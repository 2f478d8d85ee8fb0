"""`caisson schema`: the JSON schemas of what people write, for editors."""

import click

from caisson.cli import output
from caisson.estate.schema import json_schema, promises_json_schema


@click.command()
@click.option("--promises", is_flag=True, help="That of a promise file beside Terraform.")
def schema(*, promises: bool) -> None:
    """Print the JSON schema of an estate.

    An editor that knows it completes keys and shows mistakes while you type. Save it, and
    begin estate.yaml with:

    \b
      # yaml-language-server: $schema=estate.schema.json
    """  # noqa: D301  click reads the escape
    output.print_json(promises_json_schema() if promises else json_schema())
