"""Reads what `caisson check` is given, and proves the promises on it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from caisson.cli.checked import Checked
from caisson.cli.terraform_input import (
    Root,
    is_configuration,
    is_terraform,
    labels,
    read_root,
    roots,
)
from caisson.estate import promise_files
from caisson.estate.loading import USUAL_NAME, find, load
from caisson.estate.mistakes import EstateErrors, Mistake
from caisson.estate.promise_files import Promised
from caisson.prove.check import prove, prove_terraform
from caisson.terraform.read import read_together, topology_of_one
from caisson.terraform.roots import Part
from caisson.topology.model import Topology
from caisson.topology.places import Places
from caisson.topology.resolve import resolve


@dataclass(frozen=True, slots=True)
class Asked:
    """How to read: by which promises, with which configuration, and whether all as one.

    `together` is None when nobody said.
    """

    promises: Path | None = None
    source: Path | None = None
    together: bool | None = None


def read_all(asked: Asked, paths: Sequence[Path | None]) -> tuple[Checked, ...]:
    """Check everything at `paths`; None is the estate, or the configuration, of the current folder.

    Raises EstateErrors with the mistakes of all of it.
    """
    checked: list[Checked] = []
    mistakes: dict[Mistake, None] = {}
    found: list[Root] = []
    for path in paths:
        try:
            at = find(path or _usual())
            if is_terraform(at):
                found += roots(at, asked.source)
            else:
                checked.append(_estate(at, asked.promises))
        except EstateErrors as errors:
            mistakes.update(dict.fromkeys(errors.mistakes))
    try:
        checked += _terraform(found, asked)
    except EstateErrors as errors:
        mistakes.update(dict.fromkeys(errors.mistakes))
    if mistakes:
        raise EstateErrors(list(mistakes))
    return tuple(checked)


def _usual() -> Path | None:
    """Return the current folder when it holds a configuration and no estate, else None."""
    here = Path()
    return here if not (here / USUAL_NAME).exists() and is_configuration(here) else None


def _estate(path: Path, promises: Path | None) -> Checked:
    loaded = load(path)
    if promises is not None:
        loaded = promise_files.with_promises(loaded, promises)
    seen = resolve(loaded.estate, loaded.sources)
    verdicts = prove(loaded.estate, loaded.sources, seen)
    return Checked(loaded.estate.estate, seen, tuple(loaded.estate.promises), verdicts)


def _terraform(found: Sequence[Root], asked: Asked) -> Iterator[Checked]:
    """Check each root, or all as one. Every mistake is told, those of the promises too."""
    if not found:
        return
    mistakes: dict[Mistake, None] = {}
    promised: Promised | None = None
    try:
        promised = None if asked.promises is None else promise_files.read(asked.promises)
    except EstateErrors as errors:
        mistakes.update(dict.fromkeys(errors.mistakes))
    together = asked.promises is not None if asked.together is None else asked.together
    parts: dict[Root, Part] = {}
    for root in found:
        try:
            parts[root] = read_root(root)
            if not mistakes and not (together and len(found) > 1):
                yield _by_itself(root, parts.pop(root), promised, len(found) > 1)
        except EstateErrors as errors:
            mistakes.update(dict.fromkeys(errors.mistakes))
    if mistakes:
        raise EstateErrors(list(mistakes))
    if parts:
        yield _as_one(parts, promised)


def _by_itself(root: Root, part: Part, promised: Promised | None, several: bool) -> Checked:
    seen = topology_of_one(part, _places(promised))
    return _checked([root], seen, promised, label=root.name if several else "")


def _as_one(parts: Mapping[Root, Part], promised: Promised | None) -> Checked:
    names = labels(list(parts))
    named = dict(zip(names, parts.values(), strict=True))
    seen = read_together(" and ".join(names), named, _places(promised))
    return _checked(list(parts), seen, promised, roots=tuple(names))


def proved_together(parts: Mapping[str, Part], promised: Promised) -> Checked:
    """Prove promises on several roots as one estate; `parts` are by their paths."""
    named = {re.sub(r"[^A-Za-z0-9_-]", "-", path): each for path, each in parts.items()}
    seen = read_together(" and ".join(parts), named, _places(promised))
    return _checked([], seen, promised, roots=tuple(named))


def _places(promised: Promised | None) -> Places:
    return Places.of(promised.file) if promised else Places()


def _checked(
    read: Sequence[Root],
    seen: Topology,
    promised: Promised | None,
    *,
    label: str = "",
    roots: tuple[str, ...] = (),
) -> Checked:
    proved = prove_terraform(promised, seen)
    folders = dict.fromkeys(str(each.folder) for each in read if each.folder is not None)
    return Checked(
        seen.estate,
        seen,
        proved.promises,
        proved.verdicts,
        defaults=proved.defaults,
        documents=tuple(str(each.document) for each in read if each.document is not None),
        folders=tuple(folders),
        label=label,
        roots=roots,
    )
