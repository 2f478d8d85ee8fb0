"""Steps and events as they happen, a line each."""

import time
from typing import Any

from rich.console import Console
from rich.markup import escape

from caisson.drill.model import Tick

_MARKS = {"done": "[green]✓[/green]", "undone": "[yellow]↶[/yellow]"}
_COLOURS = {"info": "dim", "warning": "yellow", "error": "red"}
_BAR = 20  # the widest bar, for the probe's full rate


class Progress:
    """Lines on stderr; times are seconds since this was made."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._step_began = self._began
        self._shown: set[tuple[Any, ...]] = set()

    def say(self, text: str) -> None:
        self._line(f"[bold]{escape(text)}[/bold]")

    def step(self, _operation: str, name: str, state: str) -> None:
        """A step of an operation that this process performs."""
        now = time.monotonic()
        if state == "running":
            self._step_began = now
            return
        self._step(name, state, now - self._step_began, "" if state in _MARKS else state)

    def event(self, level: str, text: str) -> None:
        colour = _COLOURS[level]
        self._line(f"[{colour}]{escape(text)}[/{colour}]")

    def tick(self, tick: Tick) -> None:
        """What the probe's users saw in the last second."""
        parts = [self._bar(*group) for group in tick.groups]
        self._line("   ".join(parts))

    def skip(self, snapshot: dict[str, Any]) -> None:
        """What is in this snapshot is not new any more."""
        self._shown |= {key for key, _ in self._news(snapshot)}

    def snapshot(self, snapshot: dict[str, Any]) -> None:
        """Show what is new since the last one: steps that have ended, and events."""
        for key, line in self._news(snapshot):
            if key not in self._shown:
                self._shown.add(key)
                line()

    def _news(self, snapshot: dict[str, Any]) -> list[tuple[tuple[Any, ...], Any]]:
        news: list[tuple[float, tuple[Any, ...], Any]] = [
            (
                event["at"],
                ("event", event["at"], event["text"]),
                _late(self.event, event["level"], event["text"]),
            )
            for event in snapshot["events"]
        ]
        for operation in snapshot["operations"]:
            for step in operation["steps"]:
                if step["ended_at"]:
                    seconds = step["ended_at"] - step["started_at"]
                    key = ("step", operation["id"], step["name"])
                    why = step["detail"] if step["state"] == "failed" else ""
                    show = _late(self._step, step["name"], step["state"], seconds, why)
                    news.append((step["ended_at"], key, show))
        return [(key, show) for _, key, show in sorted(news, key=lambda one: one[0])]

    def _step(self, name: str, state: str, seconds: float, why: str) -> None:
        mark = _MARKS.get(state, "[red]✗[/red]")
        said = f" [red]{escape(why)}[/red]" if why else ""
        self._line(f"{mark} {escape(name)} [dim]{seconds:.2f} s[/dim]{said}")

    def _bar(self, name: str, acknowledged: int, errors: int, expected: float) -> str:
        filled = round(_BAR * min(1.0, acknowledged / max(1.0, expected)))
        failed = round(_BAR * min(1.0, errors / max(1.0, expected)))
        bar = f"[green]{'━' * filled}[/green][red]{'━' * failed}[/red]".ljust(0)
        space = " " * max(0, _BAR - filled - failed)
        said = f"[red]{errors:3} errors[/red]" if errors else "          "
        return f"{name} {bar}{space} {acknowledged:3} writes/s {said}"

    def _line(self, text: str) -> None:
        at = f"[dim]{time.monotonic() - self._began:6.1f}[/dim]"
        self._console.print(f"{at}  {text}", soft_wrap=True)


def _late(show: Any, *arguments: Any) -> Any:
    return lambda: show(*arguments)
