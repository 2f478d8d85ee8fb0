"""The estate as tables, and as the JSON document of the contract."""

from typing import Any

from rich.console import Console
from rich.table import Table

_STATES = {
    "running": "[green]●[/green] running",
    "healthy": "[green]●[/green] healthy",
    "starting": "[yellow]◐[/yellow] starting",
    "silent": "[yellow]◌[/yellow] silent",
    "backoff": "[yellow]◐[/yellow] backoff",
    "degraded": "[yellow]◐[/yellow] degraded",
    "frozen": "[red]■[/red] frozen",
    "lost": "[red]✗[/red] lost",
    "stopped": "[dim]○[/dim] stopped",
}


def status_document(snapshot: dict[str, Any]) -> dict[str, Any]:
    """`caisson status --json`."""
    keys = ("estate", "target", "state", "sites", "flows", "console")
    return {key: snapshot[key] for key in keys}


def show_status(console: Console, snapshot: dict[str, Any]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for column in ("site", "component", "state", "role", "address", "lag"):
        table.add_column(column, no_wrap=True)
    for site in snapshot["sites"]:
        for position, component in enumerate(site["components"]):
            table.add_row(
                f"{site['environment']}/{site['region']}" if position == 0 else "",
                component["name"],
                _STATES.get(component["state"], component["state"]),
                _role(component),
                component["address"],
                _lag(component),
            )
        table.add_row()
    console.print(table)
    console.print(f"console  {snapshot['console']}")


def _role(component: dict[str, Any]) -> str:
    if component["kind"] != "store" or component["role"] == "replica":
        return ""
    generation = component["generation"]
    role = str(component["role"])
    colour = {"primary": "bold", "superseded": "red"}.get(role)
    shown = f"[{colour}]{role}[/{colour}]" if colour else role
    return f"{shown} [dim]generation {generation}[/dim]" if generation else shown


def _lag(component: dict[str, Any]) -> str:
    lag_bytes = component["lag_bytes"]
    if lag_bytes is None:
        return ""
    return "none" if lag_bytes == 0 else f"{lag_bytes:,} bytes"
