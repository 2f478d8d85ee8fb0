"""Loads an estate: finds its files, reads them, and reports every mistake at once."""

import stat
from dataclasses import dataclass
from pathlib import Path

from caisson.estate import references
from caisson.estate.document import Document, Table, UnusableError, expand, merge
from caisson.estate.mistakes import EstateErrors, Mistake
from caisson.estate.model import Estate
from caisson.estate.parsing import SIZE_LIMIT, parse
from caisson.estate.sources import Source, Sources
from caisson.estate.validation import validate

USUAL_NAME = "estate.yaml"
_ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Loaded:
    """An estate, where each part of it was written, and the folder its paths start from."""

    estate: Estate
    sources: Sources
    root: Path


def find(path: Path | None = None) -> Path:
    """The estate meant by `path`, or the one in the current folder.

    Raises EstateErrors when nothing is there.
    """
    if path is None:
        usual = Path(USUAL_NAME)
        if usual.is_file():
            return usual
        raise _nothing(usual, "there is no estate.yaml in the current folder")
    if not path.exists():
        raise _nothing(path, "there is no such file or folder")
    return path


def load(path: Path) -> Loaded:
    """Load a file, or a folder: its estate.yaml, else all its YAML files together.

    Sources name files as `path` leads to them. Raises EstateErrors with all mistakes.
    """
    try:
        document, mistakes = _document(path)
    except UnusableError as error:
        raise EstateErrors([error.mistake]) from error
    sources = Sources(document.places, document.places[()])
    root = path if path.is_dir() else path.parent
    mistakes += references.check(document, sources, root)
    checked = validate(document, sources, Estate)
    if isinstance(checked, Estate) and not mistakes:
        return Loaded(checked, sources, root)
    raise EstateErrors(mistakes if isinstance(checked, Estate) else [*mistakes, *checked])


def _document(path: Path) -> tuple[Document, list[Mistake]]:
    tables: list[Table] = []
    mistakes: list[Mistake] = []
    unusable: list[Mistake] = []
    for file in _files(path):
        try:
            table, found = parse(str(file), content_of(file))
        except UnusableError as error:
            unusable.append(error.mistake)
        else:
            tables.append(table)
            mistakes += found
    if unusable:
        raise EstateErrors([*mistakes, *unusable])
    merged, repeated = merge(tables)
    return expand(merged), mistakes + repeated


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    if (path / USUAL_NAME).is_file():
        return [path / USUAL_NAME]
    files = sorted(file for file in path.iterdir() if file.suffix in _ENDINGS and file.is_file())
    if not files:
        raise _nothing(path, "there is no YAML file in this folder")
    return files


def content_of(file: Path) -> bytes:
    """The file's content, read no further than one byte beyond the limit.

    Raises UnusableError when it is no file or cannot be read.
    """
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            raise UnusableError(Source(str(file), 1), "not a file", "name an estate's YAML file")
        with file.open("rb") as stream:
            return stream.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise UnusableError(
            Source(str(file), 1),
            f"cannot be read: {error.strerror or error}",
            "name an estate.yaml that exists and that you may read",
        ) from error


def _nothing(path: Path, what: str) -> EstateErrors:
    remedy = "go to the folder of your estate, or name its path: caisson check PATH"
    return EstateErrors([Mistake(Source(str(path), 1), what, remedy)])
