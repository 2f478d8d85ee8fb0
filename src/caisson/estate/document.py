"""What one YAML file says, before it means anything: nodes that know where they stand.

    bytes ──parsing──▶ nodes ──merge (folders)──▶ nodes ──expand──▶ Document ──validation──▶ Estate

A node is shared where the author used an alias; `expand` writes it out at each place and
counts, so that a small file cannot grow into a large estate.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from caisson.estate.mistakes import Mistake, shortened
from caisson.estate.sources import KeyPath, Source

DEPTH_LIMIT = 50
NODE_LIMIT = 50_000

Plain = Mapping[str, "Plain"] | list["Plain"] | str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Scalar:
    """`text` is as written; `value` is what it stands for."""

    value: str | float | bool | None
    text: str
    source: Source


@dataclass(frozen=True, slots=True)
class Listing:
    items: tuple["Node", ...]
    source: Source


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key: value` of a table; `source` is where the key stands."""

    key: str
    value: "Node"
    source: Source


@dataclass(frozen=True, slots=True)
class Table:
    entries: tuple[Entry, ...]
    source: Source


Node = Scalar | Listing | Table


class UnusableError(Exception):
    """Reading cannot go on; carries the one mistake that says why."""

    def __init__(self, source: Source, what: str, remedy: str) -> None:
        self.mistake = Mistake(source, what, remedy)
        super().__init__(what)


@dataclass(frozen=True, slots=True)
class Document:
    """Plain values by key, the place of every key path, and scalars as they were written."""

    content: Mapping[str, Plain]
    places: Mapping[KeyPath, Source]
    texts: Mapping[KeyPath, str]

    def section(self, name: str) -> Mapping[str, Plain]:
        """What stands under a top-level key, by name; empty when it is no mapping."""
        found = self.content.get(name)
        return found if isinstance(found, Mapping) else {}

    def tables(self, name: str) -> Iterator[tuple[str, Mapping[str, Plain]]]:
        """The entries of a section that are mappings, as they must be."""
        for key, value in self.section(name).items():
            if isinstance(value, Mapping):
                yield key, value

    def at(self, path: KeyPath) -> Plain:
        """The value at `path`; None where there is nothing."""
        found: Plain = self.content
        for part in path:
            match found:
                case Mapping():
                    found = found.get(str(part))
                case list() if isinstance(part, int) and part < len(found):
                    found = found[part]
                case _:
                    return None
        return found


@dataclass(slots=True)
class _Expansion:
    places: dict[KeyPath, Source] = field(default_factory=dict)
    texts: dict[KeyPath, str] = field(default_factory=dict)
    nodes: int = 0

    def plain(self, node: Node, path: KeyPath, where: Source) -> Plain:
        self.nodes += 1
        self.places[path] = where
        _refuse_size(where, self.nodes)
        _refuse_depth(where, len(path))
        match node:
            case Scalar():
                self.texts[path] = node.text
                return node.value
            case Listing():
                return [self.plain(n, (*path, i), n.source) for i, n in enumerate(node.items)]
            case Table():
                return {e.key: self.plain(e.value, (*path, e.key), e.source) for e in node.entries}


def expand(table: Table) -> Document:
    """Plain values and places. Raises UnusableError when aliases make too much of it."""
    expansion = _Expansion()
    content = {
        entry.key: expansion.plain(entry.value, (entry.key,), entry.source)
        for entry in table.entries
    }
    expansion.places[()] = table.source
    return Document(content, expansion.places, expansion.texts)


def merge(tables: Iterable[Table]) -> tuple[Table, list[Mistake]]:
    """One table from several files: sections are joined, what is declared twice is a mistake."""
    first, *others = tables
    sections = {entry.key: entry for entry in first.entries}
    mistakes: list[Mistake] = []
    for entry in (entry for table in others for entry in table.entries):
        present = sections.get(entry.key)
        sections[entry.key] = _joined(present, entry, mistakes) if present else entry
    return Table(tuple(sections.values()), first.source), mistakes


def _joined(present: Entry, more: Entry, mistakes: list[Mistake]) -> Entry:
    match present.value, more.value:
        case Listing(items, source), Listing(items=further):
            return Entry(present.key, Listing((*items, *further), source), present.source)
        case Table(entries, source), Table(entries=further):
            known = {entry.key: entry for entry in entries}
            mistakes.extend(twice(e, known[e.key].source) for e in further if e.key in known)
            fresh = tuple(entry for entry in further if entry.key not in known)
            return Entry(present.key, Table((*entries, *fresh), source), present.source)
        case _:
            mistakes.append(twice(more, present.source))
            return present


def twice(entry: Entry, first: Source) -> Mistake:
    """The mistake of writing one key a second time."""
    return Mistake(
        entry.source,
        f"`{shortened(entry.key)}` is written twice, first at {first}",
        "keep one of the two, or give this one another name",
    )


def _refuse_size(where: Source, nodes: int) -> None:
    if nodes > NODE_LIMIT:
        raise UnusableError(
            where,
            f"the estate has more than {NODE_LIMIT} values, counting aliases at each use",
            "remove aliases that multiply each other, or divide the estate",
        )


def _refuse_depth(where: Source, depth: int) -> None:
    if depth > DEPTH_LIMIT:
        raise UnusableError(
            where,
            f"values are nested more than {DEPTH_LIMIT} deep",
            "an estate needs four levels; look for brackets that were not closed",
        )
