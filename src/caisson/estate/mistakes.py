"""Mistakes in what was written: values, collected and shown all at once."""

import difflib
from collections.abc import Collection
from dataclasses import dataclass

from caisson.estate.sources import Source

# A misspelt name is looked for among at most this many: the search is quadratic, and in a
# longer list the nearest spelling is rarely the one meant.
_MOST_CANDIDATES = 200
# A file that is wrong in more places than this is wrong as a whole.
MOST_MISTAKES = 200
_LONGEST_LIST = 12
_LONGEST_WORD = 60


@dataclass(frozen=True, slots=True)
class Mistake:
    """`what` is wrong at `source`, without a full stop; `remedy` says what to write instead."""

    source: Source
    what: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.source.file}:{self.source.line}:{self.source.column}"
        return f"{place}: {self.what}\n    {self.remedy}"


class EstateErrors(Exception):  # noqa: N818  there are several
    """What was written cannot be used; nothing was changed.

    `mistakes` holds at least one, in the order of files and lines. Of very many, the first are
    kept, and a last one says so.
    """

    def __init__(self, mistakes: Collection[Mistake]) -> None:
        self.mistakes = _cut(sorted(mistakes, key=_position))
        super().__init__("\n".join(map(str, self.mistakes)))


def _cut(mistakes: list[Mistake]) -> tuple[Mistake, ...]:
    if len(mistakes) <= MOST_MISTAKES:
        return tuple(mistakes)
    kept = mistakes[:MOST_MISTAKES]
    what = f"there are more mistakes than these {MOST_MISTAKES}"
    return (*kept, Mistake(kept[-1].source, what, "mend these first"))


def _position(mistake: Mistake) -> tuple[str, int, int, str]:
    source = mistake.source
    return source.file, source.line, source.column, mistake.what


def did_you_mean(written: str, known: Collection[str]) -> str:
    """A remedy for a name that is not known: the nearest one, or the list to choose from."""
    if not known:
        return "there is none declared; declare it first"
    names = sorted(known)
    if len(names) <= _MOST_CANDIDATES and len(written) <= _LONGEST_WORD:
        near = difflib.get_close_matches(written.lower(), names, n=1)
        if near:
            return f"did you mean `{near[0]}`?"
    return f"write one of {listed(names)}"


def listed(names: Collection[str]) -> str:
    """Names for a sentence, cut short when there are many."""
    shown = [f"`{shortened(name)}`" for name in names][:_LONGEST_LIST]
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def shortened(text: str) -> str:
    """`text` for a sentence: one line, not longer than a person wants to read."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_WORD else line[: _LONGEST_WORD - 1] + "…"
