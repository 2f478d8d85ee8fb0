"""Marks, words and paragraphs that several views share."""

from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.text import Text

from caisson.ledger.wording import duration
from caisson.prove.model import Decision

MARKS = {Decision.HOLDS: "✓", Decision.BROKEN: "✗", Decision.UNKNOWN: "?"}
WORDS = {Decision.HOLDS: "holds", Decision.BROKEN: "broken", Decision.UNKNOWN: "cannot tell"}
STYLES = {Decision.HOLDS: "green", Decision.BROKEN: "bold red", Decision.UNKNOWN: "yellow"}
WIDEST_WORD = max(map(len, WORDS.values()))

_NARROWEST = 24
_CONTROLS = [*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_VISIBLE = {code: 0x2400 + code if code < 0x20 else 0xFFFD for code in _CONTROLS}  # noqa: PLR2004


def marked(decision: Decision) -> Text:
    """`✓ holds      `: as wide for every decision."""
    return Text(f"{MARKS[decision]} {WORDS[decision]:<{WIDEST_WORD}}", STYLES[decision])


def paragraph(console: Console, text: Text, *, indent: int, lead: Text | str = "") -> None:
    """Print `text` with every line indented; `lead` stands in the indentation of the first."""
    text = visible(text)
    room = max(_NARROWEST, console.width - indent)
    first = Text.assemble(lead)
    first.pad_right(max(0, indent - first.cell_len))
    for number, line in enumerate(_lines(console, text, room)):
        line.rstrip()
        console.print(Text.assemble(" " * indent if number else first, line), soft_wrap=True)


def visible(text: Text) -> Text:
    """Return text that tells a terminal nothing: names in plans may be made of any letters."""
    shown = text.plain.translate(_VISIBLE)
    if shown == text.plain:
        return text
    copied = text.copy()
    copied.plain = shown  # as long as before, so that every style stays where it was
    return copied


def _lines(console: Console, text: Text, room: int) -> Iterator[Text]:
    yield from text.wrap(console, room)


def summary(decisions: list[Decision]) -> Text:
    """`6 hold, 1 is broken, 6 cannot be told`, without what there is none of."""
    counts = {decision: decisions.count(decision) for decision in Decision}
    said = {
        Decision.HOLDS: ("holds", "hold"),
        Decision.BROKEN: ("is broken", "are broken"),
        Decision.UNKNOWN: ("cannot be told", "cannot be told"),
    }
    parts = [
        (f"{count} {said[decision][count != 1]}", STYLES[decision])
        for decision, count in counts.items()
        if count
    ]
    return Text(", ").join(Text(*part) for part in parts)


def figures(measured: Mapping[str, float | None]) -> str:
    """`rto 1.4 s, writes lost 0`: what was measured, in the order of the names."""
    return ", ".join(_figure(name, value) for name, value in sorted(measured.items()))


def _figure(name: str, value: float | None) -> str:
    words = name.removesuffix("_s").replace("_", " ")
    if value is None:
        return f"{words} not reached"
    return f"{words} {duration(value) if name.endswith('_s') else f'{value:g}'}"
