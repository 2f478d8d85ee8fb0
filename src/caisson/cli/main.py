"""The command line. Each verb is a file of its own; this is the list of them."""

import click

from caisson.cli import output
from caisson.cli.down import down, status
from caisson.cli.up import up


@click.group(epilog=output.EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="caisson")
def main() -> None:
    """Say what you promise. Caisson builds it, proves it, and breaks it on purpose."""


COMMANDS = (up, down, status)

for command in COMMANDS:
    main.add_command(command)

if __name__ == "__main__":
    main()
