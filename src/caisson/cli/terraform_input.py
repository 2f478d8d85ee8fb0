"""Reading Terraform from disk: which files a path means, and those that belong to them."""

import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from caisson.estate.mistakes import EstateErrors, Mistake
from caisson.estate.sources import Source
from caisson.terraform.document import SIZE_LIMIT
from caisson.terraform.hcl.expand import MANIFEST
from caisson.terraform.read import part, part_of_configuration
from caisson.terraform.roots import Part

_CONFIGURATION = (".tf", ".tf.json")
_OF_THE_ROOT = (*_CONFIGURATION, ".tfvars", ".tfvars.json")
# The places in which a configuration's text says that a module lies beside it.
_BESIDE = re.compile(rb'source"?\s*[=:]\s*"(\.{1,2}/[^"\n]*)"')
_IN_MANIFEST = re.compile(rb'"Dir":\s*"([^"\n]*)"')
_MOST_FOLDERS = 2_000
# What stands in a root, and rarely in a module.
_OF_A_ROOT = re.compile(
    rb'^\s*(?:provider|backend)\s+"|^\s*cloud\s*\{|"(?:provider|backend|cloud)"\s*:\s*[\[{]',
    re.MULTILINE,
)
_DOCUMENTS = (".json", ".tfstate")
_VENDORED = ("node_modules", "vendor", "venv")
# As Terraform writes plans and states; what merely lies about in a repository begins otherwise.
_BEGINNING = re.compile(rb'\s*\{\s*"(?:format_version|version|terraform_version)"\s*:')
_FIRST_BYTES = 256
_SAYING_NOTHING = ("out", "plan", "planned", "show", "state", "terraform", "tfplan")
_UNNAMEABLE = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Root:
    """A plan, a state or a configuration: `document` is None for a folder that nobody planned.

    `folder` holds the configuration, None when it is not there. `within` is the folder in which
    it was found, when that was named and not the root itself.
    """

    document: Path | None
    folder: Path | None
    within: Path | None = None

    @property
    def name(self) -> str:
        return str(self.document or self.folder)


def roots(path: Path, source: Path | None) -> list[Root]:
    """Return what `path` means: one file, or all plans and states of a folder.

    Raises EstateErrors when there is none.
    """
    if source is not None and not is_configuration(source):
        _wrong(source, "there is no *.tf file in this folder", "name the folder that was planned")
    if path.suffix == ".tf" and path.is_file():
        return [Root(None, path.parent)]
    if path.is_file():
        return [Root(path, source or _beside(path))]
    if is_configuration(path):
        return [Root(None, path)]
    found = _documents(path)
    if not found and (inner := sorted(_roots_below(path))):
        return [Root(None, each, path) for each in inner]
    if not found:
        _wrong(
            path,
            "there is neither an estate.yaml nor a plan, a state or *.tf in this folder",
            "write `terraform show -json PLAN > plan.json`, and check that file",
        )
    return [Root(each, source or _beside(each)) for each in found]


def is_terraform(path: Path) -> bool:
    """Tell a path to Terraform from one to an estate."""
    if path.is_file():
        return path.suffix not in (".yaml", ".yml")
    if any(path.glob("*.yaml")) or any(path.glob("*.yml")):
        return not (path / "estate.yaml").is_file() and _has_terraform(path)
    return True


def _has_terraform(folder: Path) -> bool:
    below = is_configuration(folder) or bool(_documents(folder))
    return below or next(_roots_below(folder), None) is not None


def _documents(folder: Path) -> list[Path]:
    """Return all JSON of a folder; where it has none itself, the plans and states below it."""
    own = sorted(each for each in folder.iterdir() if each.name.endswith(_DOCUMENTS))
    return [each for each in own if each.is_file()] or sorted(_below(folder))


def _below(folder: Path) -> Iterator[Path]:
    for at, names in _walk(folder):
        for each in names:
            file = at / each
            if each.endswith(_DOCUMENTS) and _begins_like_a_document(file):
                yield file


def _walk(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """Yield the folders that are a person's own, each with the names of its files."""
    for at, inner, names in os.walk(folder):
        inner[:] = [each for each in inner if not each.startswith(".") and each not in _VENDORED]
        yield Path(at), names


def _roots_below(folder: Path) -> Iterator[Path]:
    """Yield the folders below that are roots: they say where a state or a provider is."""
    for at, names in _walk(folder):
        files = (at / each for each in names if each.endswith(_CONFIGURATION))
        if any(_OF_A_ROOT.search(_content(each)) for each in files):
            yield at


def _begins_like_a_document(file: Path) -> bool:
    with file.open("rb") as stream:
        return _BEGINNING.match(stream.read(_FIRST_BYTES)) is not None


def read_root(root: Root) -> Part:
    """Read one root. Raises EstateErrors when it cannot be read whole."""
    files = configuration_files(root.folder) if root.folder is not None else None
    folder = "" if root.folder is None else root.folder.as_posix()
    if root.document is None:
        return part_of_configuration(root.name, files or {}, folder)
    return part(root.name, _content(root.document), files, folder)


def labels(found: Sequence[Root]) -> list[str]:
    """Return a short name for each root, by its file, else by its folder, else by all above it.

    The folder goes first where files are called by what they are, as `plan.json`. Roots that
    were found in one folder are called by their ways from there, which never change.
    """
    if names := _within(found):
        return names
    paths = [(each.document or each.folder or Path()).resolve() for each in found]
    own, above = [each.stem for each in paths], [each.parent.name for each in paths]
    both = [f"{one}-{other}" for one, other in zip(above, own, strict=True)]
    says_nothing = any(each.lower() in _SAYING_NOTHING for each in own)
    usual = (above, own, both) if says_nothing else (own, above, both)
    folders = [each.parent for each in paths]
    all_say_nothing = all(each.lower() in _SAYING_NOTHING for each in own)
    ways = [folders, paths] if all_say_nothing else [paths]
    for way in (*usual, *map(_from_where_they_part, ways)):
        names = [_UNNAMEABLE.sub("-", each).strip("-") for each in way]
        if all(names) and len(set(names)) == len(names):
            return names
    return [f"root-{number}" for number in range(1, len(found) + 1)]


def _within(found: Sequence[Root]) -> list[str]:
    """Return the names of roots in one folder, none when they are not."""
    if len({each.within for each in found}) != 1:
        return []
    ways = [
        each.folder.relative_to(each.within).parts
        for each in found
        if each.folder is not None and each.within is not None
    ]
    names = [_UNNAMEABLE.sub("-", "-".join(each)).strip("-") for each in ways]
    return names if all(names) and len(set(names)) == len(names) else []


def _from_where_they_part(paths: Sequence[Path]) -> list[str]:
    """Return the ways to files or folders from the folder that all are in."""
    common = Path(os.path.commonpath(paths)) if paths else Path()
    return ["-".join(each.relative_to(common).with_suffix("").parts) for each in paths]


def _beside(plan: Path) -> Path | None:
    return plan.parent if is_configuration(plan.parent) else None


def is_configuration(folder: Path) -> bool:
    """Return whether Terraform would take the folder for a configuration."""
    return folder.is_dir() and any(each.name.endswith(_CONFIGURATION) for each in folder.iterdir())


def configuration_files(root: Path) -> dict[str, bytes]:
    """Return the files of a configuration and of its modules, by their paths from its folder."""
    found = dict(_in_folder(root, Path(), _OF_THE_ROOT))
    seen: set[Path] = {Path()}
    waiting: list[Path] = []
    if (manifest := root / MANIFEST).is_file():
        found[MANIFEST] = _content(manifest)
        waiting = [Path(each.decode()) for each in _IN_MANIFEST.findall(found[MANIFEST])]
    waiting += _local_modules(Path(), found)
    while waiting and len(seen) < _MOST_FOLDERS:
        if (folder := _normal(waiting.pop())) not in seen:
            seen.add(folder)
            inside = dict(_in_folder(root, folder, _CONFIGURATION))
            found |= inside
            waiting += _local_modules(folder, inside)
    return found


def _local_modules(folder: Path, files: dict[str, bytes]) -> Iterator[Path]:
    for content in files.values():
        for each in _BESIDE.findall(content):
            yield folder / each.decode(errors="replace")


def _in_folder(root: Path, folder: Path, endings: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    if not (root / folder).is_dir():
        return
    for file in sorted((root / folder).iterdir()):
        if file.name.endswith(endings) and file.is_file():
            yield (folder / file.name).as_posix(), _content(file)


def _normal(path: Path) -> Path:
    """Fold `a/..` away without asking the disk, as the names in plans are."""
    return Path(posixpath.normpath(path.as_posix()))


def _content(file: Path) -> bytes:
    """Return the file's content, read no further than one byte beyond the limit."""
    try:
        with file.open("rb") as stream:
            return stream.read(SIZE_LIMIT + 1)
    except OSError as error:
        _wrong(file, f"cannot be read: {error.strerror or error}", "name one that you may read")


def _wrong(path: Path, what: str, remedy: str) -> NoReturn:
    raise EstateErrors([Mistake(Source(str(path), 1), what, remedy)])
