"""`caisson verify`: read a store's repository whole, and name every fault."""

from pathlib import Path

import click

from caisson.cli import output
from caisson.cli.estates import estate_option, json_option
from caisson.cli.orders import order
from caisson.cli.views.verification import show_verification

_LONGEST_S = 86_400.0


@click.command()
@click.argument("replica_set", metavar="STORE")
@estate_option
@json_option
def verify(replica_set: str, estate: Path | None, as_json: bool) -> None:
    """Read every file of the backups of STORE, such as production/us/blocks, and name each fault.

    Nothing is changed. What is found is evidence: a fault breaks the promises to restore the
    store. That there is none shows no promise to hold: only a restore does.
    """
    answer = order("verify", estate, as_json=as_json, within_s=_LONGEST_S, replica_set=replica_set)
    if as_json:
        output.print_json(answer)
    else:
        show_verification(output.screen(), answer)
    raise SystemExit(output.ALL_WELL if answer["sound"] else output.BROKEN)
