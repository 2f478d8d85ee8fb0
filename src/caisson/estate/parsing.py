"""Bytes of one YAML file to nodes, by the core rules of YAML 1.2 and with limits.

The stream of parser events is read, not PyYAML's object tree: nothing is constructed from
tags, aliases stay shared, and limits act before memory is spent. Only `true` and `false` are
booleans, so the jurisdiction `no` is Norway.
"""

import re
from collections.abc import Callable, Iterator

import yaml

from caisson.estate.document import (
    DEPTH_LIMIT,
    NODE_LIMIT,
    Entry,
    Listing,
    Node,
    Scalar,
    Table,
    UnusableError,
    twice,
)
from caisson.estate.mistakes import Mistake, shortened
from caisson.estate.sources import Source

SIZE_LIMIT = 1024 * 1024  # bytes

# libyaml's parser where PyYAML was built with it: the same events, ten times faster.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_UNPRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
# YAML 1.2.2, section 10.3.2. A number of more than 18 digits is no figure of an estate and may
# be too long for `int`: as a float it is refused wherever it stands.
_CORE_SCHEMA: tuple[tuple[re.Pattern[str], Callable[[str], float | bool | None]], ...] = (
    (re.compile(r"null|Null|NULL|~|"), lambda _: None),
    (re.compile(r"true|True|TRUE"), lambda _: True),
    (re.compile(r"false|False|FALSE"), lambda _: False),
    (re.compile(r"[-+]?[0-9]{1,18}"), int),
    (re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+"), lambda text: int(text, 0)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
    (
        re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"),
        lambda text: float(text.replace(".", "")),
    ),
)


def parse(file: str, data: bytes) -> tuple[Table, list[Mistake]]:
    """The top-level table of a document, with the mistakes that did not end the reading.

    Raises UnusableError when there is no such table to be had.
    """
    text = _decoded(file, data)
    events = yaml.parse(text, Loader=_LOADER)
    reader = _Reader(file, events)
    try:
        return reader.document(), reader.mistakes
    except yaml.MarkedYAMLError as error:
        raise _syntax(file, error, text) from error
    except yaml.YAMLError as error:
        raise UnusableError(
            Source(file, 1), f"not valid YAML: {error}", "write the file as plain UTF-8 YAML"
        ) from error


def _decoded(file: str, data: bytes) -> str:
    if len(data) > SIZE_LIMIT:
        raise UnusableError(
            Source(file, 1),
            f"the file is larger than {SIZE_LIMIT // 1024} KiB",
            "divide the estate into several files in one folder",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # With a byte order mark, positions count from behind it; the mark itself has no line.
        before = bytes(error.object[: error.start])
        raise UnusableError(
            Source(file, before.count(b"\n") + 1, error.start - before.rfind(b"\n")),
            f"not UTF-8 text: byte 0x{error.object[error.start]:02x}",
            "save the file in the UTF-8 encoding",
        ) from error
    if found := _UNPRINTABLE.search(text):
        raise UnusableError(
            _place(file, text, found.start()),
            f"a character that cannot be printed: U+{ord(found[0]):04X}",
            "remove it",
        )
    return text


def _place(file: str, text: str, position: int) -> Source:
    return Source(file, text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position))


def _syntax(file: str, error: yaml.MarkedYAMLError, text: str) -> UnusableError:
    # An end that comes too early is noticed behind the text: where it began tells more.
    last = text.rstrip().count("\n")
    marks = [m for m in (error.problem_mark, error.context_mark) if m and m.line <= last]
    source = (
        Source(file, marks[0].line + 1, marks[0].column + 1) if marks else Source(file, last + 1)
    )
    context = f", {error.context}" if error.context else ""
    lines = text.splitlines()[source.line - 1 : source.line]
    indented_by_tab = any(line[: len(line) - len(line.lstrip())].count("\t") for line in lines)
    return UnusableError(
        source,
        f"not valid YAML: {error.problem or 'the text ends too early'}{context}",
        "indent with spaces, not with tabs"
        if indented_by_tab
        else "look at the brackets, quotes, colons and indentation of this line and the one above",
    )


_ValueEvent = yaml.ScalarEvent | yaml.SequenceStartEvent | yaml.MappingStartEvent


class _Reader:
    """Builds nodes from events; `mistakes` are those after which reading goes on."""

    def __init__(self, file: str, events: Iterator[yaml.Event]) -> None:
        self.file = file
        self.events = events
        self.anchors: dict[str, Node | None] = {}  # None: still open
        self.nodes = 0
        self.mistakes: list[Mistake] = []

    def document(self) -> Table:
        nodes = self._documents()
        first = next(nodes, None)
        if first is None or (isinstance(first, Scalar) and first.value is None):
            raise UnusableError(
                Source(self.file, 1), "the file is empty", "begin with `estate: NAME`"
            )
        if not isinstance(first, Table):
            raise UnusableError(
                first.source,
                "the file must hold keys and values at its top",
                "begin with `estate: NAME`",
            )
        if (second := next(nodes, None)) is not None:
            raise UnusableError(
                second.source,
                "the file holds a second YAML document",
                "remove the `---` between them, or make two files in one folder",
            )
        return first

    def _documents(self) -> Iterator[Node]:
        for event in self.events:
            if isinstance(event, yaml.NodeEvent):
                yield self._node(event, depth=1)

    def _node(self, event: yaml.Event, depth: int) -> Node:
        source = self._source(event)
        self._refuse_excess(source, depth)
        match event:
            case yaml.AliasEvent(anchor=str(anchor)):
                return self._alias(anchor, source)
            case yaml.ScalarEvent() | yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                return self._anchored(event, source, depth)
            case _:
                raise UnusableError(source, f"not a value: {event}", "write one")

    def _anchored(self, event: _ValueEvent, source: Source, depth: int) -> Node:
        if event.tag is not None:
            self._mistake(
                source,
                f"a tag: `{shortened(event.tag)}`",
                "remove it; an estate is plain text, numbers, lists and mappings",
            )
        if event.anchor is None:
            return self._content(event, source, depth)
        self.anchors[event.anchor] = None
        node = self.anchors[event.anchor] = self._content(event, source, depth)
        return node

    def _content(self, event: _ValueEvent, source: Source, depth: int) -> Node:
        match event:
            case yaml.MappingStartEvent():
                return self._table(source, depth)
            case yaml.SequenceStartEvent():
                return self._listing(source, depth)
            case yaml.ScalarEvent():
                return self._scalar(event.value, source, plain=event.implicit[0])

    def _alias(self, anchor: str, source: Source) -> Node:
        shown = shortened(anchor)
        if anchor not in self.anchors:
            raise UnusableError(
                source, f"the alias `*{shown}` has no anchor above it", f"write `&{shown}` first"
            )
        node = self.anchors[anchor]
        if node is None:
            raise UnusableError(
                source,
                f"the alias `*{shown}` stands inside what it names: a circle",
                "write the value out",
            )
        return node

    def _listing(self, source: Source, depth: int) -> Listing:
        items: list[Node] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return Listing(tuple(items), source)

    def _table(self, source: Source, depth: int) -> Table:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self._key(event, depth + 1)
            value = self._node(next(self.events), depth + 1)
            if key is None:
                continue
            entry = Entry(key, value, self._source(event))
            if key in entries:
                self.mistakes.append(twice(entry, entries[key].source))
            else:
                entries[key] = entry
        return Table(tuple(entries.values()), source)

    def _key(self, event: yaml.Event, depth: int) -> str | None:
        """The key's text as written: `no`, `on` and `1` are names here, not values."""
        node = self._node(event, depth)
        if not isinstance(node, Scalar):
            self._mistake(node.source, "a key that is a list or a mapping", "write a name")
            return None
        if node.text == "<<" and getattr(event, "style", None) in (None, ""):
            self._mistake(node.source, "a merge key, `<<`", "write the keys out")
            return None
        return node.text

    def _scalar(self, text: str, source: Source, *, plain: bool) -> Scalar:
        if found := _UNPRINTABLE.search(text):
            self._mistake(
                source,
                f"text with a character that cannot be printed: U+{ord(found[0]):04X}",
                "remove the escape",
            )
        return Scalar(_resolved(text) if plain else text, text, source)

    def _refuse_excess(self, source: Source, depth: int) -> None:
        self.nodes += 1
        if depth > DEPTH_LIMIT:
            raise UnusableError(
                source,
                f"values are nested more than {DEPTH_LIMIT} deep",
                "an estate needs four levels; look for brackets that were not closed",
            )
        if self.nodes > 2 * NODE_LIMIT:  # keys are nodes here and are not counted later
            raise UnusableError(
                source, f"the file has more than {NODE_LIMIT} values", "divide the estate"
            )

    def _source(self, event: yaml.Event) -> Source:
        mark = event.start_mark
        return Source(self.file, mark.line + 1, mark.column + 1) if mark else Source(self.file, 1)

    def _mistake(self, source: Source, what: str, remedy: str) -> None:
        self.mistakes.append(Mistake(source, what, remedy))


def _resolved(text: str) -> str | float | bool | None:
    """What a plain scalar stands for."""
    for pattern, value in _CORE_SCHEMA:
        if pattern.fullmatch(text):
            return value(text)
    return text
