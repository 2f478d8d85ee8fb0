"""Checks across a file of promises: names that mean nothing in it, and overlapping patterns.

Like `caisson.estate.references`, they read the document, and values of the wrong type are passed
over here.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import chain

from caisson.estate.cloud_regions import JURISDICTION_OF
from caisson.estate.document import Document, Plain
from caisson.estate.mistakes import Mistake, did_you_mean, listed, shortened
from caisson.estate.patterns import is_pattern, matches
from caisson.estate.references import named
from caisson.estate.sources import KeyPath, Sources
from caisson.estate.validation import dotted

_JURISDICTIONS = (("promises", "*", "tenants"), ("promises", "*", "data stays in"))
_ENVIRONMENTS = (("promises", "*", "isolate", "*"), ("promises", "*", "same", "*"))
_TELLING = ("addresses", "tags", "accounts", "regions")


def check(document: Document, sources: Sources) -> list[Mistake]:
    """Every mistake across the parts of a file of promises."""
    return [
        *_unknown_jurisdictions(document, sources),
        *_unknown_environments(document, sources),
        *_regions_twice(document, sources),
        *_values_twice(document, sources),
        *_empty_environments(document, sources),
    ]


def _wrong(sources: Sources, path: KeyPath, what: str, remedy: str) -> Mistake:
    return Mistake(sources.at(*path), f"{dotted(path)}{what}", remedy)


def _unknown_jurisdictions(document: Document, sources: Sources) -> Iterator[Mistake]:
    known = {*JURISDICTION_OF.values(), *document.section("jurisdictions")}
    for path, name in chain.from_iterable(
        named(document.content, pattern, ()) for pattern in _JURISDICTIONS
    ):
        if name not in known:
            what = f"`{shortened(name)}` is no jurisdiction that has a region"
            yield _wrong(sources, path, what, did_you_mean(name, known))


def _unknown_environments(document: Document, sources: Sources) -> Iterator[Mistake]:
    """Without the section, environments are told by tags and are seen on the topology."""
    known = document.section("environments").keys()
    if not known:
        return
    for path, name in chain.from_iterable(
        named(document.content, pattern, ()) for pattern in _ENVIRONMENTS
    ):
        if name not in known and not name.isdigit():
            what = f"there is no `{shortened(name)}` in environments"
            yield _wrong(sources, path, what, did_you_mean(name, known))


def _regions_twice(document: Document, sources: Sources) -> Iterator[Mistake]:
    """A region that is written out goes before a pattern; beyond that, one jurisdiction each."""
    written = list(named(document.content, ("jurisdictions", "*"), ()))
    written += named(document.content, ("jurisdictions", "*", "*"), ())
    regions = dict.fromkeys(text for _, text in written if not is_pattern(text))
    for region in {**regions, **JURISDICTION_OF}:
        exact = [path for path, text in written if text == region]
        wild = [path for path, text in written if is_pattern(text) and matches(region, text)]
        by_name = {str(path[1]): path for path in exact or wild}
        if len(by_name) > 1:
            *_, path = by_name.values()
            what = f"the region {shortened(region)} is in {listed(by_name)}"
            yield _wrong(sources, path, what, f"write {shortened(region)} out in one of them")
            return


def _values_twice(document: Document, sources: Sources) -> Iterator[Mistake]:
    """The same account, region, address or tag cannot tell two environments apart."""
    owners: dict[tuple[KeyPath, str], dict[str, KeyPath]] = defaultdict(dict)
    for environment, told in document.tables("environments"):
        for path, text in _telling(told, ("environments", environment)):
            kind = tuple(part for part in path[2:] if isinstance(part, str))
            owners[kind, text][environment] = path
    for (_, text), found in owners.items():
        if len(found) > 1:
            *_, path = found.values()
            what = f"`{shortened(text)}` tells {listed(found)}"
            yield _wrong(sources, path, what, "let it stand for one environment")


def _telling(told: Mapping[str, Plain], path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    for kind in _TELLING:
        for pattern in ((kind,), (kind, "*"), (kind, "*", "*")):
            for inner, text in named(told, pattern, ()):
                yield (*path, *inner), text


def _empty_environments(document: Document, sources: Sources) -> Iterator[Mistake]:
    for name, told in document.tables("environments"):
        if told.keys() <= set(_TELLING) and not any(True for _ in _telling(told, ())):
            yield _wrong(
                sources,
                ("environments", name),
                "nothing tells what belongs to it",
                f"add one of {listed(_TELLING)}",
            )
