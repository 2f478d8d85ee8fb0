"""`caisson up`: bring the estate up on this machine, and keep it up."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import click

from caisson.cli import output
from caisson.cli.client import Client, ControllerGone
from caisson.cli.estates import estate_argument, json_option, load_or_fail
from caisson.cli.views.operation import show_plan
from caisson.cli.views.progress import Progress
from caisson.cli.views.status import show_status, status_document
from caisson.controller.controller import (
    CannotRun,
    Controller,
    ProvisionFailed,
    Stopped,
    SupervisorGone,
    Tell,
)
from caisson.controller.provisioning import plan_from_state
from caisson.controller.snapshot import digest
from caisson.estate.loading import Loaded
from caisson.plan.document import to_document
from caisson.state.errors import StateLocked
from caisson.targets.local.addresses import NoFreeBlock
from caisson.targets.local.binaries import BinaryError
from caisson.targets.local.layout import Layout
from caisson.topology.part import in_environment
from caisson.topology.resolve import resolve

_DETACH_S = 120.0
_HEADING = "\n=== caisson up\n"


@click.command()
@estate_argument
@click.option("--environment", help="Only this environment (default: all of them).")
@click.option("--detach", is_flag=True, help="Return when it is up; the controller stays.")
@click.option("--plan", "plan_only", is_flag=True, help="Show what would be done; do nothing.")
@click.option("--lifeline", is_flag=True, hidden=True, help="Stop when stdin is closed.")
@json_option
def up(
    estate: Path | None,
    environment: str | None,
    detach: bool,
    plan_only: bool,
    lifeline: bool,
    as_json: bool,
) -> None:
    """Bring the estate up on this machine with real servers; Ctrl-C stops all of it."""
    loaded = load_or_fail(estate, as_json=as_json)
    if environment is not None and environment not in loaded.estate.environments:
        known = ", ".join(loaded.estate.environments)
        output.fail(
            output.WRONG_INPUT,
            f"there is no environment {environment}; there are {known}",
            as_json=as_json,
        )
    layout = Layout(loaded.root.resolve())
    if plan_only:
        _plan(loaded, environment, layout, as_json=as_json)
        return
    if (client := running(layout)) is not None:
        snapshot = client.snapshot()
        if snapshot["declared"] != digest(loaded.estate):
            output.fail(
                output.WRONG_INPUT,
                "the estate is up as it was declared before; it has changed since:"
                " `caisson down`, then `caisson up`",
                as_json=as_json,
            )
        _show(snapshot, as_json=as_json, note="already up")
        return
    if detach:
        _detach(estate, environment, layout, as_json=as_json)
        return
    try:
        run_in_foreground(loaded, environment, lifeline=lifeline, as_json=as_json)
    except SupervisorGone as error:
        output.fail(output.BROKEN, str(error), "everything has ended", as_json=as_json)
    except (CannotRun, StateLocked, NoFreeBlock, BinaryError) as error:
        output.fail(output.WRONG_INPUT, *getattr(error, "reasons", (str(error),)), as_json=as_json)


def _plan(loaded: Loaded, environment: str | None, layout: Layout, *, as_json: bool) -> None:
    topology = resolve(loaded.estate, loaded.sources)
    if environment is not None:
        topology = in_environment(topology, environment)
    plan = to_document(plan_from_state(topology, layout))
    if as_json:
        output.print_json({"plan": plan})
    else:
        show_plan(output.screen(), plan)


def run_in_foreground(
    loaded: Loaded, environment: str | None, *, lifeline: bool, as_json: bool
) -> None:
    """Start, tell, wait for a signal, stop; whatever happens, everything is stopped."""
    progress = Progress(output.notes())
    controller = Controller(
        loaded,
        environment,
        Tell(progress.step, lambda event: progress.event(event.level, event.text)),
    )
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: controller.ask_to_stop("stopped by a signal"))
    if lifeline:
        threading.Thread(target=_stop_at_end_of_input, args=(controller,), daemon=True).start()
    try:
        controller.start()
        _show(controller.snapshot(), as_json=as_json, note="Ctrl-C stops everything")
        why = controller.wait()
        progress.say(f"{why}: stopping")
    except Stopped:
        progress.say("stopped while it came up")
    except ProvisionFailed as error:
        output.fail(output.BROKEN, str(error), "everything was stopped again", as_json=as_json)
    finally:
        controller.stop()


def _stop_at_end_of_input(controller: Controller) -> None:
    """Whoever started this holds the other end of stdin; when it ends, so does that."""
    while os.read(0, 1):
        pass
    controller.ask_to_stop("whoever started this has ended")


def running(layout: Layout) -> Client | None:
    try:
        client = Client(layout)
        client.snapshot()
    except ControllerGone:
        return None
    return client


def _detach(estate: Path | None, environment: str | None, layout: Layout, *, as_json: bool) -> None:
    """Start the controller as a process of its own and watch it come up."""
    process = start_controller(estate, environment, layout)
    try:
        snapshot = await_up(process, layout)
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise
    if snapshot is None:
        process.terminate()  # also when it takes too long
        code = process.wait()
        output.fail(code or output.BROKEN, *reasons(layout.log("controller")), as_json=as_json)
    _show(snapshot, as_json=as_json, note="`caisson down` stops everything")


def start_controller(
    estate: Path | None, environment: str | None, layout: Layout, *, lifeline: bool = False
) -> "subprocess.Popen[bytes]":
    """Start the controller as a process of its own; with a lifeline it ends with this one."""
    log = layout.log("controller")
    log.parent.mkdir(parents=True, exist_ok=True)
    arguments = [sys.executable, "-m", "caisson.cli.main", "up", "--json"]
    arguments += ["--lifeline"] if lifeline else []
    arguments += ["--environment", environment] if environment else []
    arguments += [str(estate)] if estate else []
    with log.open("ab") as sink:  # another controller may be writing there
        sink.write(_HEADING.encode())
        sink.flush()
        return subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE if lifeline else subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def await_up(process: "subprocess.Popen[bytes]", layout: Layout) -> dict[str, Any] | None:
    progress = Progress(output.notes())
    began = time.time()
    deadline = time.monotonic() + _DETACH_S
    while time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.2)
        client = running(layout)
        if client is None or client.pid != process.pid:
            continue
        snapshot = client.snapshot()
        progress.snapshot(_since(snapshot, began))
        if snapshot["state"] == "up":
            return snapshot
    return None


def _since(snapshot: dict[str, Any], began: float) -> dict[str, Any]:
    """Without the operations of earlier controllers."""
    recent = [o for o in snapshot["operations"] if o["started_at"] >= began]
    return {**snapshot, "operations": recent}


def reasons(log: Path) -> list[str]:
    """What the controller said before it ended: its JSON errors, else the end of its log."""
    text = log.read_text("utf-8", "replace").rpartition(_HEADING)[2]
    start = text.rfind('{\n  "errors"')
    try:
        return list(json.loads(text[start:])["errors"])
    except (ValueError, KeyError):
        return [f"the controller did not come up; the end of {log}:", *text.splitlines()[-5:]]


def _show(snapshot: dict[str, Any], *, as_json: bool, note: str) -> None:
    if as_json:
        output.print_json(status_document(snapshot))
        sys.stdout.flush()
    else:
        show_status(output.screen(), snapshot)
        output.screen().print(f"\n{note}", style="dim")
