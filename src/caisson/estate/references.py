"""Checks across an estate: names that must be declared, and things that exclude each other.

They read the document rather than the validated estate, so that they speak also when some
other part is wrong: all mistakes come at once. Values of the wrong type are passed over
here; validation reports them.
"""

from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from pathlib import Path

from caisson.estate import backing
from caisson.estate.document import Document, Plain
from caisson.estate.mistakes import MOST_MISTAKES, Mistake, did_you_mean, listed, shortened
from caisson.estate.model import Estate
from caisson.estate.sources import KeyPath, Sources
from caisson.estate.validation import dotted

# Where a name stands, and the section in which it must be declared. `*` is any key or
# position; `keys` are the keys themselves.
REFERENCES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("jurisdictions", "*", "home"), "regions"),
    (("jurisdictions", "*", "standby"), "regions"),
    (("regions", "*", "jurisdiction"), "jurisdictions"),
    (("stores", "*", "rebuildable", "from"), "stores"),
    (("stores", "*", "questions", "*", "of"), "services"),
    (("stores", "*", "questions", "*", "writes of"), "services"),
    (("backups", "keys"), "jurisdictions"),
    (("backups", "*", "in"), "regions"),
    (("services", "*", "uses", "keys"), "stores"),
    (("environments", "*", "jurisdictions", "*"), "jurisdictions"),
    (("tenants", "*", "home"), "jurisdictions"),
    (("promises", "*", "tenants"), "jurisdictions"),
    (("promises", "*", "data stays in"), "jurisdictions"),
    (("promises", "*", "isolate", "*"), "environments"),
    (("promises", "*", "same", "*"), "environments"),
    (("promises", "*", "reach"), "stores"),
    (("promises", "*", "from", "*"), "services"),
    (("promises", "*", "restore"), "stores"),
)

# Names of components and sites that every environment has.
_RESERVED = (
    ("stores", ("proxy", "edge")),
    ("services", ("proxy", "edge")),
    ("regions", ("edge",)),
)


def check(document: Document, sources: Sources, root: Path) -> list[Mistake]:
    """Every mistake across the parts of `document`; `root` is the folder of its files."""
    passes = (
        _undefined(document, sources),
        _regions_of_jurisdictions(document, sources),
        _stores(document, sources),
        _circles(document, sources),
        _schema_files(document, sources, root),
        _name_collisions(document, sources),
        _environments(document, sources),
        backing.check(document, sources),
        promises(document, sources),
    )
    return [mistake for found in passes for mistake in islice(found, MOST_MISTAKES + 1)]


def _wrong(sources: Sources, path: KeyPath, what: str, remedy: str) -> Mistake:
    return Mistake(sources.at(*path), f"{dotted(path)}{what}", remedy)


def _undefined(document: Document, sources: Sources) -> Iterator[Mistake]:
    for pattern, section in REFERENCES:
        if section in document.content and not isinstance(document.content[section], Mapping):
            continue
        known = _declared(document, section)
        for path, name in named(document.content, pattern, ()):
            if name not in known:
                what = f"there is no `{shortened(name)}` in {section}"
                yield _wrong(sources, path, what, did_you_mean(name, known))


def _declared(document: Document, section: str) -> Collection[str]:
    if section in document.content:
        return document.section(section).keys()
    default: Mapping[str, object] = Estate.model_fields[section].get_default()
    return default.keys()


def named(found: Plain, pattern: tuple[str, ...], path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """The names that stand where `pattern` says, with their paths."""
    match pattern, found:
        case (), str():
            yield path, found
        case ("keys",), Mapping():
            yield from (((*path, key), key) for key in found)
        case ("*", *rest), Mapping():
            for key, value in found.items():
                yield from named(value, tuple(rest), (*path, key))
        case ("*", *rest), list():
            for position, value in enumerate(found):
                yield from named(value, tuple(rest), (*path, position))
        case (key, *rest), Mapping() if key in found:
            yield from named(found[key], tuple(rest), (*path, key))
        case _:
            return


def _regions_of_jurisdictions(document: Document, sources: Sources) -> Iterator[Mistake]:
    regions = dict(document.tables("regions"))
    for name, jurisdiction in document.tables("jurisdictions"):
        home, standby = jurisdiction.get("home"), jurisdiction.get("standby")
        if isinstance(home, str) and home == standby:
            yield _wrong(
                sources,
                ("jurisdictions", name, "standby"),
                f"home and standby are the same region, `{shortened(home)}`",
                "name another region of the jurisdiction as standby, or leave `standby` out",
            )
        # A standby elsewhere is a decision, which `caisson.prove` judges by the promises made;
        # a home elsewhere contradicts the jurisdiction itself.
        owner = (
            regions[home].get("jurisdiction") if isinstance(home, str) and home in regions else None
        )
        if isinstance(owner, str) and owner != name:
            yield _wrong(
                sources,
                ("jurisdictions", name, "home"),
                f"the region `{shortened(str(home))}` belongs to `{shortened(owner)}`",
                f"name a region with `jurisdiction: {shortened(name)}`",
            )


def _stores(document: Document, sources: Sources) -> Iterator[Mistake]:
    for name, store in document.tables("stores"):
        system = store.get("system")
        if not isinstance(system, str) or system == "postgres":
            continue
        if isinstance(shards := store.get("shards"), int) and shards > 1:
            yield _wrong(
                sources,
                ("stores", name, "shards"),
                f"{shortened(system)} has no logical shards here; postgres has",
                "leave `shards` out",
            )
        if store.get("schema") is not None:
            yield _wrong(
                sources,
                ("stores", name, "schema"),
                f"{shortened(system)} takes no SQL; postgres does",
                "leave `schema` out",
            )


def _circles(document: Document, sources: Sources) -> Iterator[Mistake]:
    """Stores that are rebuilt from each other have nothing left to be rebuilt from."""
    origins = {
        name: origin
        for name, store in document.tables("stores")
        if isinstance(form := store.get("rebuildable"), Mapping)
        and isinstance(origin := form.get("from"), str)
    }
    settled: set[str] = set()
    for start in origins:
        chain: list[str] = []
        name = start
        while name in origins and name not in settled:
            settled.add(name)
            chain.append(name)
            name = origins[name]
        if name in chain:
            circle = chain[chain.index(name) :]
            yield _wrong(
                sources,
                ("stores", circle[0], "rebuildable", "from"),
                f"stores are rebuilt from each other in a circle: {listed(circle)}",
                "let one of them be data: give it no `rebuildable`",
            )


def _schema_files(document: Document, sources: Sources, root: Path) -> Iterator[Mistake]:
    for name, store in document.tables("stores"):
        schema = store.get("schema")
        if isinstance(schema, str) and (wrong := _wrong_with_file(schema, root)):
            yield _wrong(
                sources,
                ("stores", name, "schema"),
                wrong,
                "write the path of a SQL file in the estate's folder, such as app/schema.sql",
            )


def _wrong_with_file(written: str, root: Path) -> str | None:
    try:
        folder = root.resolve()
        path = (folder / written).resolve()
        if not path.is_relative_to(folder):
            return f"`{shortened(written)}` leads out of the estate's folder"
        return None if path.is_file() else f"there is no file `{shortened(written)}`"
    except (OSError, RuntimeError, ValueError):  # too long, links in a circle, a NUL
        return f"`{shortened(written)}` cannot be a file's path"


def _name_collisions(document: Document, sources: Sources) -> Iterator[Mistake]:
    for section, reserved in _RESERVED:
        for name in document.section(section):
            if name in reserved:
                yield _wrong(
                    sources,
                    (section, name),
                    f"`{name}` is a part that every environment has",
                    "choose another name",
                )
    stores = document.section("stores")
    for name in document.section("services"):
        if name in stores:
            yield _wrong(
                sources,
                ("services", name),
                f"a store has the same name, at {sources.at('stores', name)}",
                "rename one of the two",
            )


def _environments(document: Document, sources: Sources) -> Iterator[Mistake]:
    for name, environment in document.tables("environments"):
        jurisdictions = environment.get("jurisdictions")
        if jurisdictions == []:
            yield _wrong(
                sources,
                ("environments", name, "jurisdictions"),
                "names none, so the environment is nowhere",
                "name at least one, or leave the key out to have all",
            )
        elif isinstance(jurisdictions, list):
            yield from _repeated(jurisdictions, ("environments", name, "jurisdictions"), sources)


def promises(document: Document, sources: Sources) -> Iterator[Mistake]:
    """Names that two promises have, and names that one promise has twice."""
    listed_there = document.content.get("promises")
    first: dict[str, int] = {}
    for position, promise in enumerate(listed_there if isinstance(listed_there, list) else []):
        if not isinstance(promise, Mapping):
            continue
        name = promise.get("name")
        if isinstance(name, str) and first.setdefault(name, position) != position:
            yield _wrong(
                sources,
                ("promises", position, "name"),
                f"two promises are named `{shortened(name)}`; the first is at "
                f"{sources.at('promises', first[name])}",
                "give this one a name of its own",
            )
        for key in ("isolate", "same", "from"):
            if isinstance(names := promise.get(key), list):
                yield from _repeated(names, ("promises", position, key), sources)


def _repeated(names: list[Plain], path: KeyPath, sources: Sources) -> Iterator[Mistake]:
    seen: set[str] = set()
    for position, name in enumerate(names):
        if isinstance(name, str) and name in seen:
            yield _wrong(
                sources,
                (*path, position),
                f"`{shortened(name)}` is named twice",
                "name it once, or name another here",
            )
        seen.add(str(name))
