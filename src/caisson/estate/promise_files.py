"""A file of promises alone: proved on somebody's estate, or on somebody's Terraform.

Beside an estate it holds `promises:`, and the estate declares what these name. Beside Terraform
it also says what is an environment and what a jurisdiction: see `PromiseFile`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from caisson.estate import promised_places, references
from caisson.estate.document import Document, Plain, UnusableError, expand
from caisson.estate.loading import Loaded, content_of
from caisson.estate.mistakes import EstateErrors, Mistake, did_you_mean
from caisson.estate.model import Estate, Promise
from caisson.estate.parsing import parse
from caisson.estate.promises import PromiseFile
from caisson.estate.sources import KeyPath, Source, Sources
from caisson.estate.validation import validate

_KEYS = ("promises", "estate")


@dataclass(frozen=True, slots=True)
class Promised:
    """A file of promises about Terraform, and where each part of it was written."""

    file: PromiseFile
    sources: Sources


def read(file: Path) -> Promised:
    """Read promises about Terraform.

    Raises EstateErrors with all mistakes of the file. Whether a subject names anything is seen
    on the topology, where a promise about nothing cannot be told.
    """
    document, mistakes = _document(file)
    sources = Sources(document.places, document.places[()])
    mistakes += promised_places.check(document, sources)
    mistakes += references.promises(document, sources)
    checked = validate(document, sources, PromiseFile)
    if mistakes or not isinstance(checked, PromiseFile):
        raise EstateErrors(mistakes if isinstance(checked, PromiseFile) else [*mistakes, *checked])
    return Promised(checked, sources)


def _document(file: Path) -> tuple[Document, list[Mistake]]:
    try:
        table, mistakes = parse(str(file), content_of(file))
        return expand(table), mistakes
    except UnusableError as error:
        raise EstateErrors([error.mistake]) from error


def with_promises(loaded: Loaded, file: Path) -> Loaded:
    """The estate with the promises of `file`, which replace those of the same name.

    Raises EstateErrors with all mistakes of the file, names that the estate does not declare
    included.
    """
    document, mistakes = _document(file)
    sources = Sources(document.places, document.places[()])
    mistakes += _of_keys(document, sources, loaded.estate.estate)
    beside = _beside(document, loaded.estate)
    mistakes += references.check(beside, sources, loaded.root)
    checked = validate(_alone(document, loaded.estate), sources, Estate)
    if mistakes or not isinstance(checked, Estate):
        raise EstateErrors(mistakes if isinstance(checked, Estate) else [*mistakes, *checked])
    return _joined(loaded, checked.promises, sources)


def _of_keys(document: Document, sources: Sources, estate: str) -> Iterator[Mistake]:
    for key in document.content:
        if key not in _KEYS:
            yield Mistake(
                sources.at(key),
                f"{key}: does not belong in a file of promises",
                did_you_mean(key, _KEYS),
            )
    if "promises" not in document.content:
        yield Mistake(
            sources.whole, "there are no promises in this file", "add `promises:` and a list"
        )
    named = document.content.get("estate", estate)
    if named != estate:
        yield Mistake(
            sources.at("estate"),
            f"estate: these promises are about another estate than `{estate}`",
            f"write `estate: {estate}`, leave the key out, or check that other estate",
        )


def _alone(document: Document, estate: Estate) -> Document:
    content: Mapping[str, Plain] = {
        "estate": estate.estate,
        **({"promises": found} if (found := document.content.get("promises")) is not None else {}),
    }
    return replace(document, content=content)


def _beside(document: Document, estate: Estate) -> Document:
    """The promises beside the bare names of what the estate declares: enough for references."""
    names: dict[str, Plain] = {
        section: {name: {} for name in getattr(estate, section)}
        for section in dict.fromkeys(section for _, section in references.REFERENCES)
    }
    return replace(document, content={**names, **_alone(document, estate).content})


def _joined(loaded: Loaded, promises: list[Promise], written: Sources) -> Loaded:
    places: dict[KeyPath, Source] = {
        path: place for path, place in loaded.sources.places.items() if path[:1] != ("promises",)
    }
    by_name: dict[str, tuple[Promise, Sources, int]] = {
        promise.name: (promise, sources, position)
        for sources, listed in ((loaded.sources, loaded.estate.promises), (written, promises))
        for position, promise in enumerate(listed)
    }
    for position, (_, sources, before) in enumerate(by_name.values()):
        for path, place in sources.places.items():
            if path[:2] == ("promises", before):
                places["promises", position, *path[2:]] = place
    every = [promise for promise, _, _ in by_name.values()]
    return replace(
        loaded,
        estate=loaded.estate.model_copy(update={"promises": every}),
        sources=Sources(places, loaded.sources.whole),
    )
