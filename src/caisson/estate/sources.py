"""Where each part of an estate was written, so that every later statement can point there."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact was declared; lines and columns count from 1."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """The place of each key path, such as `("stores", "blocks")` or `("promises", 0, "name")`.

    `whole` is the beginning of the estate: the answer for what nobody wrote, such as defaults.
    """

    places: Mapping[KeyPath, Source] = field(default_factory=dict)
    whole: Source = Source("estate.yaml", 1)

    def at(self, *path: str | int) -> Source:
        """Return the place of `path`, or of the nearest enclosing part that was written."""
        for length in range(len(path), -1, -1):
            if (found := self.places.get(path[:length])) is not None:
                return found
        return self.whole
