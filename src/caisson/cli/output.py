"""How every command ends: its exit code, its one JSON document, its errors."""

import json
import os
import sys
from typing import Any, NoReturn

from rich.console import Console

ALL_WELL = 0
BROKEN = 1  # a promise is broken, or an operation failed
WRONG_INPUT = 2  # nothing changed
CANNOT_TELL = 3  # only with --strict

EXIT_CODES = """\b
Exit codes
  0  all well
  1  a promise is broken, or an operation failed
  2  the input is wrong; nothing changed
  3  nothing is broken, but something cannot be told (only with --strict)
"""


def screen() -> Console:
    """What a person reads: stdout."""
    return Console(highlight=False)


def notes() -> Console:
    """Progress and errors: stderr."""
    return Console(stderr=True, highlight=False)


def print_json(document: Any) -> None:
    """The one JSON document of a command, on stdout."""
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def fail(code: int, *reasons: str, as_json: bool = False) -> NoReturn:
    """End with a reason per line on stderr, or as JSON on stdout."""
    if as_json:
        print_json({"errors": list(reasons)})
    else:
        for reason in reasons:
            notes().print(f"[red]error[/red]: {_plain(reason)}", soft_wrap=True)
    sys.stdout.flush()
    raise SystemExit(code)


def interactive() -> bool:
    return sys.stderr.isatty() and "CI" not in os.environ


def _plain(text: str) -> str:
    return text.replace("[", r"\[")
