"""The page of `caisson check --console` and of `--format html`."""

import threading
from contextlib import suppress

from caisson.cli import output
from caisson.cli.checked import Report
from caisson.cli.views.map_document import map_document
from caisson.console.checked import checked_app, standalone
from caisson.console.server import serve_in_thread


def page(report: Report) -> str:
    """Return the page as one HTML file that needs nothing else."""
    return standalone(map_document(report))


def serve(report: Report) -> None:
    """Serve the page on loopback until the user interrupts; its address goes to stderr."""
    with serve_in_thread(checked_app(map_document(report))) as server:
        output.notes().print(f"the map and the promises: {server.url}  (Ctrl-C ends)")
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
