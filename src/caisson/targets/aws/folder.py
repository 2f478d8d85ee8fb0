"""A folder with what was rendered: plain files that belong to the team.

Caisson replaces only files that it wrote itself and that nobody has changed since. What people
put beside them stays.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from caisson.targets.local.layout import write_whole

MANIFEST = "caisson.rendered"
Digests = tuple[str, ...]
_ABOUT = "Written by `caisson render`: the files that the next rendering replaces."


class EditedError(Exception):
    """Files that were rendered have been changed by somebody, or stood there before."""

    def __init__(self, files: list[Path]) -> None:
        self.files = files
        super().__init__(", ".join(map(str, files)))


@dataclass(frozen=True, slots=True)
class Written:
    """What a rendering did to the files of a folder, by their paths from it."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    kept: int


def write(folder: Path, files: Mapping[str, str], *, overwrite: bool = False) -> Written:
    """Make the folder hold these files, by their paths in it, and none of an earlier rendering.

    Raises EditedError, with nothing changed, when that would undo somebody's work and it was
    not said to `overwrite`. Interrupted, it can be done again.
    """
    known = _known(folder)
    if not overwrite and (edited := _edited(folder, files, known)):
        raise EditedError(edited)
    stale = [path for path in known if path not in files]
    before = {path: _read(folder / path) for path in files}
    digests = {path: (_digest(text),) for path, text in files.items()}
    # Interrupted, a file is as it was or as it is to be: either is ours.
    _remember(
        folder, {path: known.get(path, ()) + digests.get(path, ()) for path in {**known, **digests}}
    )
    for path, text in files.items():
        if before[path] != text:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            write_whole(folder / path, text)
    for path in stale:
        (folder / path).unlink(missing_ok=True)
    _remember(folder, digests)
    return Written(
        tuple(path for path in files if before[path] is None),
        tuple(path for path, text in files.items() if before[path] not in (None, text)),
        tuple(stale),
        sum(before[path] == text for path, text in files.items()),
    )


def _edited(folder: Path, files: Mapping[str, str], known: Mapping[str, Digests]) -> list[Path]:
    """Return what is there and is neither as it was rendered nor as it is to be."""
    found: list[Path] = []
    for path in {**files, **known}:
        text = _read(folder / path)
        if (
            text is not None
            and text != files.get(path)
            and _digest(text) not in known.get(path, ())
        ):
            found.append(folder / path)
    return found


def _known(folder: Path) -> dict[str, Digests]:
    text = _read(folder / MANIFEST)
    if text is None:
        return {}
    return {path: tuple(digests) for path, digests in json.loads(text)["files"].items()}


def _remember(folder: Path, digests: Mapping[str, Digests]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    document = {"//": _ABOUT, "files": dict(sorted(digests.items()))}
    write_whole(folder / MANIFEST, json.dumps(document, indent=2) + "\n")


def _read(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
