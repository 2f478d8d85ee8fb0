"""`caisson demo`: the main job from beginning to end, to watch.

The controller runs in a process of its own, tied to this one: when this ends, however it
ends, the controller stops the estate.
"""

import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import click

from caisson.cli import output
from caisson.cli.client import Client, OrderRefused
from caisson.cli.drill import perform
from caisson.cli.estates import estate_argument, json_option, load_or_fail
from caisson.cli.promises import board_of
from caisson.cli.up import await_up, reasons, running, start_controller
from caisson.cli.views.backups import show_backups
from caisson.cli.views.board import show_board
from caisson.cli.views.drill import show_drill
from caisson.cli.views.status import show_status
from caisson.estate.loading import Loaded
from caisson.ledger.board import board_to_json
from caisson.targets.local.layout import Layout

_STOP_S = 30.0


@click.command()
@estate_argument
@click.option("--region", help="The region to lose (default: the first home region).")
@click.option("--once", is_flag=True, help="Stop everything at the end instead of waiting.")
@json_option
def demo(estate: Path | None, region: str | None, once: bool, as_json: bool) -> None:
    """Bring the estate up, lose a region while users write, show the promises, stay up."""
    loaded = load_or_fail(estate, as_json=as_json)
    layout = Layout(loaded.root.resolve())
    if running(layout) is not None:
        output.fail(
            output.WRONG_INPUT, "the estate is up already: `caisson down` first", as_json=as_json
        )
    lost = region or next((j.home for j in loaded.estate.jurisdictions.values()), "")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: _interrupt(stop))
    controller = start_controller(estate, None, layout, lifeline=True)
    try:
        _show(controller, loaded, layout, lost, as_json=as_json)
        if not once:
            output.notes().print("\n[bold]the estate is up; Ctrl-C stops everything[/bold]")
            stop.wait()
    except _Interrupted:
        pass
    finally:
        _stop(controller)


class _Interrupted(Exception):  # noqa: N818
    """Ctrl-C, SIGTERM or the terminal's end."""


def _interrupt(stop: threading.Event) -> None:
    if stop.is_set():
        return
    stop.set()
    raise _Interrupted


def _show(
    controller: "subprocess.Popen[bytes]",
    loaded: Loaded,
    layout: Layout,
    lost: str,
    *,
    as_json: bool,
) -> None:
    notes = output.notes()
    notes.print("[bold]bring it up[/bold]")
    snapshot = await_up(controller, layout)
    if snapshot is None:
        output.fail(output.BROKEN, *reasons(layout.log("controller")), as_json=as_json)
    show_status(notes, snapshot)
    client = Client(layout)
    _bring_home(client, snapshot)
    notes.print(f"\n[bold]lose {lost}[/bold]")
    result = perform(client, loaded, "lose-region", lost, "production", 40.0, as_json=as_json)
    rows, kept = board_of(loaded), client.order("backups")
    if as_json:
        output.print_json({"console": client.url, "drill": result, **board_to_json(rows), **kept})
    else:
        show_drill(output.screen(), result)
        output.screen().print("\n[bold]the promises[/bold]")
        show_board(output.screen(), rows)
        _show_backups(kept)
        output.screen().print(f"console  {client.url}")
        output.screen().print(f"report   {result['report']}", soft_wrap=True)
    sys.stdout.flush()


def _show_backups(kept: dict[str, Any]) -> None:
    """None is made while a drill goes on, so that the first are still to come."""
    if not kept["backups"]:
        return
    output.screen().print("[bold]the backups[/bold]")
    show_backups(output.screen(), kept)
    if any(not each["points"] for each in kept["backups"]):
        output.screen().print("[dim]the first are made, and restored, in the next minutes[/dim]")


def _bring_home(client: Client, snapshot: dict[str, Any]) -> None:
    """An earlier run may have been ended while a region was away."""
    homes = {j["name"]: j["home"] for j in snapshot["jurisdictions"]}
    for site in snapshot["sites"]:
        if homes.get(site["jurisdiction"]) == site["region"] and not site["serves"]:
            try:
                client.order("failback", environment=site["environment"], region=site["region"])
            except OrderRefused as error:
                output.notes().print(f"[yellow]{error}[/yellow]")


def _stop(controller: "subprocess.Popen[bytes]") -> None:
    output.notes().print("stopping everything")
    controller.terminate()
    try:
        controller.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        controller.kill()
        controller.wait()
