"""What an earlier `caisson check --json` printed, read again to be compared with."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from caisson.estate.mistakes import EstateErrors, Mistake
from caisson.estate.sources import Source
from caisson.prove.model import Decision, Fact, Verdict

# Before anything else, as it is printed; a plan and a state begin otherwise.
_BEGINNING = re.compile(rb'\s*\{\s*"verdicts"\s*:')
_FIRST_BYTES = 256


def is_earlier(file: Path) -> bool:
    """Tell what was printed before from a plan, and from what cannot be read."""
    try:
        with file.open("rb") as stream:
            return _BEGINNING.match(stream.read(_FIRST_BYTES)) is not None
    except OSError:
        return False


def verdicts(file: Path) -> tuple[Verdict, ...]:
    """Return the verdicts that were printed. Raises EstateErrors when it is not all there."""
    try:
        document = json.loads(file.read_bytes())
        return tuple(_verdict(each) for each in document["verdicts"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        what = "is not whole: this is no document of `caisson check --json`"
        remedy = "print it anew, or name the plan that it was made of"
        raise EstateErrors([Mistake(Source(str(file), 1), what, remedy)]) from error


def _verdict(written: Mapping[str, Any]) -> Verdict:
    return Verdict(
        _text(written["promise"]),
        _text(written["subject"]),
        Decision(written["verdict"]),
        tuple(_facts(written["why"])),
        tuple(_facts(written["counterexample"])),
        None if written["remedy"] is None else _text(written["remedy"]),
    )


def _facts(written: list[Mapping[str, Any]]) -> Iterator[Fact]:
    for each in written:
        yield Fact(_text(each["text"]))


def _text(written: object) -> str:
    if not isinstance(written, str):
        raise TypeError(written)
    return written
