"""The outcome of a drill, for people."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from caisson.cli.views.backups import size

_WORDS = {
    "holds": "[green]holds[/green]",
    "broken": "[red]broken[/red]",
    "unknown": "[yellow]cannot tell[/yellow]",
}


def show_drill(console: Console, result: dict[str, Any]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for name, value in _figures(result):
        table.add_row(f"[dim]{name}[/dim]", value)
    console.print(f"\n[bold]{result['fault']} {result['subject']}[/bold]  (rehearsal)")
    console.print(table)
    _show_verdicts(console, result)


def _show_verdicts(console: Console, result: dict[str, Any]) -> None:
    for verdict in result["verdicts"]:
        why = escape("; ".join(verdict["why"]))
        console.print(f"{_WORDS[verdict['verdict']]}  {verdict['promise']}  [dim]{why}[/dim]")
    if "report" in result:
        console.print(f"report  {escape(result['report'])}", soft_wrap=True)


def show_restore_drill(console: Console, result: dict[str, Any]) -> None:
    """What was found on each copy, and how long it took."""
    console.print(f"\n[bold]{result['fault']} {result['subject']}[/bold]  (rehearsal)")
    for each in result["found"]:
        word = "[green]✓[/green]" if each["well"] else "[red]✗[/red]"
        said = f"  [dim]{escape(each['said'])}[/dim]"
        console.print(f"{word}  {escape(each['what'])}{said}", soft_wrap=True)
    if "restore_s" in result:
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        for name, value in _restore_figures(result):
            table.add_row(f"[dim]{name}[/dim]", value)
        console.print(table)
    _show_verdicts(console, result)


def _restore_figures(result: dict[str, Any]) -> list[tuple[str, str]]:
    seconds, throughput = result["restore_s"], result["bytes_per_s"]
    return [
        ("restored after", "not restored" if seconds is None else f"{seconds:.2f} s"),
        ("written", "cannot tell" if throughput is None else f"{size(throughput)} a second"),
    ]


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
