"""Steps as they happen, a line each."""

import time
from typing import Any

from rich.console import Console
from rich.markup import escape

from caisson.controller.events import Event

_MARKS = {"running": "·", "done": "[green]✓[/green]", "undone": "[yellow]↶[/yellow]"}
_COLOURS = {"info": "dim", "warning": "yellow", "error": "red"}


class Progress:
    """Lines on stderr; times are seconds since this was made."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._step_began = self._began
        self._shown: set[tuple[str, str]] = set()

    def say(self, text: str) -> None:
        self._console.print(f"{self._at()} {escape(text)}")

    def step(self, _operation: str, name: str, state: str) -> None:
        now = time.monotonic()
        if state == "running":
            self._step_began = now
            return
        mark = _MARKS.get(state, "[red]✗[/red]")
        why = f" [red]{escape(state)}[/red]" if state not in _MARKS else ""
        seconds = f"[dim]{now - self._step_began:5.2f} s[/dim]"
        self._console.print(f"{self._at()} {mark} {escape(name)} {seconds}{why}")

    def event(self, event: Event) -> None:
        colour = _COLOURS[event.level]
        self._console.print(f"{self._at()} [{colour}]{escape(event.text)}[/{colour}]")

    def operations(self, operations: list[dict[str, Any]]) -> None:
        """The same from a snapshot: each step is shown once, when it has ended."""
        for operation in reversed(operations):
            for step in operation["steps"]:
                key = (operation["id"], step["name"])
                if step["state"] in ("done", "failed") and key not in self._shown:
                    self._shown.add(key)
                    self._ended(step)

    def _ended(self, step: dict[str, Any]) -> None:
        mark = _MARKS.get(step["state"], "[red]✗[/red]")
        seconds = f"[dim]{step['ended_at'] - step['started_at']:5.2f} s[/dim]"
        self._console.print(f"{self._at()} {mark} {escape(step['name'])} {seconds}")

    def _at(self) -> str:
        return f"[dim]{time.monotonic() - self._began:6.1f}[/dim]"
