"""The drills of `caisson drill` that the controller carries out by itself: those that restore."""

from contextlib import nullcontext
from pathlib import Path
from typing import NoReturn

from caisson.cli import output
from caisson.cli.client import ControllerGone, OrderRefused, connect, refuse
from caisson.cli.estates import load_or_fail
from caisson.cli.views.drill import show_restore_drill
from caisson.cli.views.progress import Progress
from caisson.cli.watching import Watching
from caisson.cli.writing_beside import writing_beside
from caisson.drill.report import render
from caisson.drill.restoring import RESTORE
from caisson.targets.local.layout import Layout, write_whole

_LONGEST_S = 86_400.0


def hold_restore_drill(
    estate: Path | None, fault: str, replica_set: str, *, as_json: bool
) -> NoReturn:
    """Have a drill carried out, write its page, show its report, and end the command."""
    loaded = load_or_fail(estate, as_json=as_json)
    layout = Layout(loaded.root.resolve())
    client = connect(layout, as_json=as_json)
    progress = Progress(output.notes())
    try:
        with (
            Watching(client, progress),
            writing_beside(client, loaded, layout, replica_set, progress)
            if fault == RESTORE
            else nullcontext(),
        ):
            result = client.order("drill-restore", _LONGEST_S, fault=fault, replica_set=replica_set)
    except OrderRefused as error:
        refuse(error, as_json=as_json)
    except ControllerGone as error:
        output.fail(output.BROKEN, str(error), as_json=as_json)
    page = layout.drills / f"{result['id']}.html"
    write_whole(page, render(result))
    result = {**result, "report": str(page)}
    if as_json:
        output.print_json(result)
    else:
        show_restore_drill(output.screen(), result)
    kept = all(verdict["verdict"] == "holds" for verdict in result["verdicts"])
    raise SystemExit(output.ALL_WELL if result["well"] and kept else output.BROKEN)
