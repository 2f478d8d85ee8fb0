"""`caisson promises`: the board, from the estate and the ledger; nothing needs to run."""

import time
from pathlib import Path

import click

from caisson.cli import output
from caisson.cli.estates import estate_argument, json_option, load_or_fail, strict_option
from caisson.cli.views.board import show_board
from caisson.estate.loading import Loaded
from caisson.ledger.board import PromiseRow, board_to_json
from caisson.ledger.chain import Kind
from caisson.ledger.evidence import Evidence, evidence_from_json
from caisson.ledger.judging import judge
from caisson.ledger.ledger import Ledger
from caisson.prove.check import prove
from caisson.state.errors import StateMissing
from caisson.state.state import open_state
from caisson.targets.local.layout import Layout
from caisson.topology.resolve import resolve


@click.command()
@estate_argument
@json_option
@strict_option
def promises(estate: Path | None, as_json: bool, strict: bool) -> None:
    """Show each promise with its verdict, and the evidence that it rests on.

    What a proof settles is proved on the estate as it is written now. What must be measured
    rests on measurements in the ledger, and says so when they are too old or the estate has
    changed since.
    """
    rows = board_of(load_or_fail(estate, as_json=as_json))
    if as_json:
        output.print_json(board_to_json(rows))
    else:
        show_board(output.screen(), rows)
    raise SystemExit(output.exit_code((row.verdict for row in rows), strict=strict))


def board_of(loaded: Loaded) -> tuple[PromiseRow, ...]:
    """The board of an estate as it is written now, with what its ledger holds."""
    topology = resolve(loaded.estate, loaded.sources)
    proofs = prove(loaded.estate, loaded.sources, topology)
    evidence = _evidence(Layout(loaded.root.resolve()))
    return judge(loaded.estate.promises, proofs, evidence, topology, time.time())


def _evidence(layout: Layout) -> list[Evidence]:
    """What was measured; nothing when the estate was never up."""
    try:
        with open_state(layout.state_place, read_only=True) as state:
            entries = Ledger(state.database).entries(Kind.EVIDENCE)
    except StateMissing:
        return []
    return [evidence_from_json(entry.body) for entry in entries]
