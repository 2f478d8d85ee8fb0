"""A plan before it is performed, and an operation after."""

from typing import Any

from rich.console import Console
from rich.markup import escape

_MARKS = {"done": "[green]✓[/green]", "failed": "[red]✗[/red]", "pending": "[dim]·[/dim]"}


def show_plan(console: Console, plan: dict[str, Any]) -> None:
    head = f"[bold]{plan['verb']} {escape(plan['subject'])}[/bold]"
    console.print(f"{head}  [dim]a plan; nothing was done[/dim]")
    for number, step in enumerate(plan["steps"], 1):
        console.print(f"{number:3}  {escape(step['name'])}")
        for action in step["actions"]:
            values = ", ".join(_arguments(action))
            console.print(f"     [dim]{action['do']}({escape(values)})[/dim]", soft_wrap=True)
    for title, key in (("reaches", "blast_radius"), ("cannot be undone", "cannot_undo")):
        for sentence in plan[key]:
            console.print(f"{title}: {escape(sentence)}", soft_wrap=True)
    if plan["accepted_loss"]:
        console.print(f"[red]accepted loss[/red]: {escape(plan['accepted_loss'])}", soft_wrap=True)


def show_operation(console: Console, operation: dict[str, Any]) -> None:
    console.print(
        f"[bold]{operation['id']}[/bold] of {escape(operation['subject'])}: {operation['state']}"
    )
    for step in operation["steps"]:
        mark = _MARKS.get(step["state"], "?")
        console.print(f"{mark} {escape(step['name'])}  {_seconds(step)}", soft_wrap=True)
        if step["detail"]:
            console.print(f"  [dim]{escape(step['detail'])}[/dim]", soft_wrap=True)
    if undone := operation["measurements"].get("undo"):
        console.print(f"[yellow]{escape(undone)}[/yellow]")


def _seconds(step: dict[str, Any]) -> str:
    if not step["started_at"] or not step["ended_at"]:
        return ""
    return f"[dim]{step['ended_at'] - step['started_at']:.2f} s[/dim]"


def _arguments(action: dict[str, Any]) -> list[str]:
    return [
        str(value) for name, value in action.items() if name != "do" and not isinstance(value, bool)
    ]
