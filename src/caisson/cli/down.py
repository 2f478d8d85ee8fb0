"""`caisson down` and `caisson status`."""

import time
from pathlib import Path

import click

from caisson.cli import output
from caisson.cli.client import Client, ControllerGone
from caisson.cli.estates import estate_argument, json_option, layout_of
from caisson.cli.views.status import show_status, status_document
from caisson.targets.local.layout import Layout
from caisson.targets.local.supervision import sweep

_ANSWER_S = 5.0
_DOWN_S = 30.0


@click.command()
@estate_argument
@json_option
def down(estate: Path | None, as_json: bool) -> None:
    """Stop every process of the estate; its data stays."""
    layout = layout_of(estate, as_json=as_json)
    hanging = _stop_controller(layout)
    # What a dead controller left behind, or what one that hangs does not let go of.
    swept = sweep(layout.run / "processes.json")
    if hanging is not None:
        reason = f"every server was stopped, but the controller hangs: kill -9 {hanging}"
        output.fail(output.BROKEN, reason, as_json=as_json)
    layout.controller.unlink(missing_ok=True)
    if as_json:
        output.print_json({"state": "down", "swept": len(swept)})
    else:
        output.screen().print("down; the data stays in .caisson/")


@click.command()
@estate_argument
@json_option
def status(estate: Path | None, as_json: bool) -> None:
    """What runs where, in which role, how far behind."""
    layout = layout_of(estate, as_json=as_json)
    try:
        snapshot = Client(layout).snapshot()
    except ControllerGone:
        if as_json:
            output.print_json({"state": "down", "sites": [], "console": None})
        else:
            output.screen().print("down; start it with `caisson up`")
        return
    if as_json:
        output.print_json(status_document(snapshot))
    else:
        show_status(output.screen(), snapshot)


def _stop_controller(layout: Layout) -> int | None:
    """Ask the controller to stop and wait for its end; its pid if it hangs."""
    try:
        client = Client(layout)
    except ControllerGone:
        return None
    try:
        client.order("down", _ANSWER_S)
    except ControllerGone as error:
        # Refused, and not just silent: it has ended, whoever has its pid now.
        return client.pid if isinstance(error.__cause__, TimeoutError) else None
    return None if _wait_until_gone(client) else client.pid


def _wait_until_gone(client: Client) -> bool:
    deadline = time.monotonic() + _DOWN_S
    while client.lives() and time.monotonic() < deadline:
        time.sleep(0.05)
    return not client.lives()
