"""The outcome of a drill, for people."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

_WORDS = {"holds": "[green]holds[/green]", "broken": "[red]broken[/red]"}


def show_drill(console: Console, result: dict[str, Any]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for name, value in _figures(result):
        table.add_row(f"[dim]{name}[/dim]", value)
    console.print(f"\n[bold]{result['fault']} {result['subject']}[/bold]  (rehearsal)")
    console.print(table)
    for verdict in result["verdicts"]:
        why = escape("; ".join(verdict["why"]))
        console.print(f"{_WORDS[verdict['verdict']]}  {verdict['promise']}  [dim]{why}[/dim]")
    if "report" in result:
        console.print(f"report  {escape(result['report'])}", soft_wrap=True)


def _figures(result: dict[str, Any]) -> list[tuple[str, str]]:
    rto = "not reached" if result["rto_s"] is None else f"{result['rto_s']:.2f} s"
    rows = [
        ("RTO", rto),
        ("RPO", f"{result['rpo_s']:.3f} s"),
        (
            "acknowledged writes lost",
            f"{result['writes_lost']} of {result['writes_acknowledged']}",
        ),
        ("errors for the struck tenants", str(result["errors"])),
        ("errors for everybody else", str(result["other_sites_errors"])),
    ]
    if "thawed_primary" in result:
        thawed = result["thawed_primary"]
        rows.append(
            (
                "accepted by the thawed primary",
                f"{thawed['accepted']} of {thawed['attempts']} attempts",
            )
        )
    if "failback" in result:
        back = result["failback"]
        rows.append(
            ("failback: lost, longest wait", f"{back['writes_lost']}, {back['max_wait_s']:.2f} s")
        )
    return rows
