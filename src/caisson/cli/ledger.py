"""`caisson ledger`: what was recorded, and whether somebody altered it."""

from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import click

from caisson.cli import output
from caisson.cli.estates import json_option, layout_of
from caisson.cli.views.ledger import entries_document, show_entries, show_proof, verify_document
from caisson.ledger.chain import Altered, Entry, Intact
from caisson.ledger.head import HeadFile
from caisson.ledger.ledger import Ledger
from caisson.state.errors import StateMissing
from caisson.state.state import open_state
from caisson.targets.local.layout import Layout

_NOTHING = "there is no ledger yet: nothing was recorded, because `caisson up` was never run here"


@click.command()
@click.argument("arguments", nargs=-1, metavar="[verify|export] [ESTATE]")
@json_option
def ledger(arguments: tuple[str, ...], as_json: bool) -> None:
    """List what was recorded: verdicts, evidence and events, the newest last.

    \b
    caisson ledger           list the entries
    caisson ledger verify    check that no entry was altered, removed or put in
    caisson ledger export    print them as JSON lines, for somebody else to check
    """  # noqa: D301  click reads the escape
    action = arguments[0] if arguments and arguments[0] in _ACTIONS else None
    paths = arguments[1:] if action else arguments
    if len(paths) > 1:
        raise click.UsageError(f"one estate at a time, not {len(paths)}: {', '.join(paths)}")
    layout = layout_of(Path(paths[0]) if paths else None, as_json=as_json)
    perform = _ACTIONS[action] if action else _list
    perform(layout, as_json)


def _list(layout: Layout, as_json: bool) -> None:
    entries: list[Entry] = []
    if layout.state_place != layout.state or layout.state.exists():
        with open_state(layout.state_place, read_only=True) as state:
            entries = Ledger(state.database).entries()
    if as_json:
        output.print_json(entries_document(entries))
    else:
        show_entries(output.screen(), entries)


def _verify(layout: Layout, as_json: bool) -> None:
    found = verified(layout)
    if found is None:
        _nothing(as_json=as_json)
    if as_json:
        output.print_json(verify_document(found))
    else:
        show_proof(output.screen(), found)
    if isinstance(found, Altered):
        raise SystemExit(output.BROKEN)


def _export(layout: Layout, as_json: bool) -> None:
    try:
        with open_state(layout.state_place, read_only=True) as state:
            for line in Ledger(state.database).lines():
                click.echo(line)
    except StateMissing:
        _nothing(as_json=as_json)


def verified(layout: Layout) -> Intact | Altered | None:
    """Check the estate's ledger; None when nothing was ever recorded."""
    head = layout.home / "ledger.head"
    try:
        with open_state(layout.state_place, read_only=True) as state:
            return Ledger(state.database, head).verify()
    except StateMissing:
        if not head.exists():
            return None
    return Altered(1, f"missing: {layout.state} is gone, and {_last(head)} once written")


def _last(head: Path) -> str:
    try:
        remembered = HeadFile(head).read()
    except ValueError:
        remembered = None
    return f"entries up to {remembered.seq} were" if remembered else "entries were"


def _nothing(*, as_json: bool) -> NoReturn:
    output.fail(output.WRONG_INPUT, _NOTHING, as_json=as_json)


_ACTIONS: dict[str, Callable[[Layout, bool], None]] = {"verify": _verify, "export": _export}
