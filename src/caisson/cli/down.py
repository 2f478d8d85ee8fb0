"""`caisson down` and `caisson status`."""

import time
from pathlib import Path

import click

from caisson.cli import output
from caisson.cli.client import Client, ControllerGone
from caisson.cli.estates import estate_argument, json_option, layout_of
from caisson.cli.views.status import show_status, status_document
from caisson.targets.local.supervision import sweep

_DOWN_S = 30.0


@click.command()
@estate_argument
@json_option
def down(estate: Path | None, as_json: bool) -> None:
    """Stop every process of the estate; its data stays."""
    layout = layout_of(estate, as_json=as_json)
    stopped = True
    try:
        client = Client(layout)
        client.order("down")
        stopped = _wait_until_gone(client)
    except ControllerGone:
        pass  # nothing runs, or what a dead controller left behind is swept now
    swept = sweep(layout.run / "processes.json") if stopped else ()
    if stopped:
        layout.controller.unlink(missing_ok=True)
    if not stopped:
        output.fail(output.BROKEN, f"the controller (pid {client.pid}) still runs", as_json=as_json)
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


def _wait_until_gone(client: Client) -> bool:
    deadline = time.monotonic() + _DOWN_S
    while client.lives() and time.monotonic() < deadline:
        time.sleep(0.05)
    return not client.lives()
