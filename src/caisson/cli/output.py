"""How every command ends: its exit code, its one JSON document, its errors."""

import io
import json
import sys
from collections.abc import Iterable
from typing import Any, NoReturn, TextIO

import click
from rich.console import Console
from rich.markup import escape

from caisson.estate.mistakes import Mistake
from caisson.prove.model import Decision

ALL_WELL = 0
BROKEN = 1  # a promise is broken, or an operation failed
WRONG_INPUT = 2  # nothing changed
CANNOT_TELL = 3  # only with --strict
INTERRUPTED = 130  # Ctrl-C, as shells count it

EXIT_CODES = """\b
Exit codes
  0  all well
  1  a promise is broken, or an operation failed
  2  the input is wrong; nothing changed
  3  nothing is broken, but something cannot be told (only with --strict)
"""

# Wider than any line: what a program or a file reads is never wrapped.
_UNWRAPPED = 100_000
_WANTS_JSON = "caisson.wants_json"


def screen() -> Console:
    """What a person reads: stdout."""
    return _console(sys.stdout)


def notes() -> Console:
    """Progress and errors: stderr."""
    return _console(sys.stderr)


def _console(stream: TextIO) -> Console:
    return Console(
        file=stream,
        highlight=False,
        width=None if stream.isatty() else _UNWRAPPED,
    )


def print_json(document: Any) -> None:
    """The one JSON document of a command, on stdout."""
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def fail(code: int, *reasons: str, as_json: bool = False) -> NoReturn:
    """End with a reason per line on stderr, or as JSON on stdout."""
    if as_json:
        print_json({"errors": list(reasons)})
    else:
        console = notes()
        for reason in reasons:
            console.print(f"[red]error[/red]: {escape(reason)}")
    sys.stdout.flush()
    raise SystemExit(code)


def fail_mistaken(mistakes: Iterable[Mistake], *, as_json: bool = False) -> NoReturn:
    """End because of what was written: every mistake, with its place and what to write."""
    found = list(mistakes)
    if as_json:
        print_json(
            {"errors": [str(each) for each in found], "mistakes": [_mistake(m) for m in found]}
        )
        sys.stdout.flush()
    else:
        console = notes()
        for each in found:
            place = f"{each.source.file}:{each.source.line}:{each.source.column}"
            console.print(
                f"[red]error[/red]: {escape(place)}: [bold]{escape(each.what)}[/bold]",
                f"[dim]{escape(each.remedy)}[/dim]",
                sep="\n    ",
            )
        console.print(f"\n{plural(len(found), 'mistake')}; nothing was changed")
    raise SystemExit(WRONG_INPUT)


def _mistake(mistake: Mistake) -> dict[str, str | int]:
    return {
        "file": mistake.source.file,
        "line": mistake.source.line,
        "column": mistake.source.column,
        "what": mistake.what,
        "remedy": mistake.remedy,
    }


def exit_code(decisions: Iterable[Decision], *, strict: bool) -> int:
    """0, 1 or 3 for what was decided of promises."""
    found = set(decisions)
    if Decision.BROKEN in found:
        return BROKEN
    return CANNOT_TELL if strict and Decision.UNKNOWN in found else ALL_WELL


def plural(count: int, noun: str) -> str:
    """`1 promise`, `3 promises`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def remember_json(ctx: click.Context, _parameter: click.Parameter, value: bool) -> bool:
    """For an option that asks for JSON: errors that nobody expected are JSON then too."""
    ctx.meta[_WANTS_JSON] = value
    return value


def wants_json(ctx: click.Context) -> bool:
    return bool(ctx.meta.get(_WANTS_JSON))


def tolerate_narrow_encodings() -> None:
    """Write `?` for a mark that the terminal's encoding lacks, rather than fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
