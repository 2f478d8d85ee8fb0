"""Reads what `caisson check` is given, and proves the promises on it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from caisson.cli.checked import Checked
from caisson.cli.terraform_input import Root, is_terraform, roots, topology
from caisson.estate import promise_files
from caisson.estate.loading import find, load
from caisson.estate.mistakes import EstateErrors, Mistake
from caisson.estate.promise_files import Promised
from caisson.prove.check import prove, prove_terraform
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
    """Check everything at `paths`; None is the estate of the current folder.

    Raises EstateErrors with the mistakes of all of it.
    """
    checked: list[Checked] = []
    mistakes: dict[Mistake, None] = {}
    found: list[Root] = []
    for path in paths:
        try:
            at = find(path)
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


def _estate(path: Path, promises: Path | None) -> Checked:
    loaded = load(path)
    if promises is not None:
        loaded = promise_files.with_promises(loaded, promises)
    seen = resolve(loaded.estate, loaded.sources)
    verdicts = prove(loaded.estate, loaded.sources, seen)
    return Checked(loaded.estate.estate, seen, tuple(loaded.estate.promises), verdicts)


def _terraform(found: Sequence[Root], asked: Asked) -> Iterator[Checked]:
    if not found:
        return
    mistakes: dict[Mistake, None] = {}
    promised: Promised | None = None
    try:
        promised = None if asked.promises is None else promise_files.read(asked.promises)
    except EstateErrors as errors:
        mistakes.update(dict.fromkeys(errors.mistakes))
    for root in found:
        try:
            # Even when the promises are wrong: what is wrong here too is to be told at once.
            yield _root(root, promised, label=root.name if len(found) > 1 else "")
        except EstateErrors as errors:
            mistakes.update(dict.fromkeys(errors.mistakes))
    if mistakes:
        raise EstateErrors(list(mistakes))


def _root(root: Root, promised: Promised | None, *, label: str) -> Checked:
    seen = topology(root, Places.of(promised.file) if promised else Places())
    proved = prove_terraform(promised, seen)
    return Checked(
        root.name,
        seen,
        proved.promises,
        proved.verdicts,
        defaults=proved.defaults,
        documents=() if root.document is None else (str(root.document),),
        folders=() if root.folder is None else (str(root.folder),),
        label=label,
    )
