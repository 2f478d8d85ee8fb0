"""The picture of a drill, as SVG: what users felt, second by second.

Two panels share one clock and one scale: the tenants of the lost region above, all others
below. Acknowledged writes rise from the baseline, errors hang from it, so that the two are
told apart without colour. Marks (fault, fenced, promoted, ...) are labelled lines through
both panels. Everything is placed here; the result needs no script and no outside file.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 1040.0
_LEFT = 58.0
_RIGHT = 14.0
_LABEL_ROW = 21.0
_PANEL = 150.0  # from the top of the scale to its bottom, in each panel
_BETWEEN = 64.0  # room for the RTO's measure and the second panel's title
_MOST_BARS = 240  # more cannot be told apart at this width
# A bold character of the widest sans-serif in use (DejaVu Sans Bold) at 12.5 px, with room.
_CHARACTER = 8.2


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at `at_s` seconds after the recording began."""

    at_s: float
    name: str


@dataclass(frozen=True, slots=True)
class Panel:
    """Counts per step for one group of tenants."""

    title: str
    acknowledged: tuple[float, ...]
    errors: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Recording:
    """What the probe saw: counts per `step_s` seconds, and what happened meanwhile."""

    step_s: float
    panels: tuple[Panel, ...]
    marks: tuple[Mark, ...]
    rto_s: float | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """A mark's label: `x` is the mark's line, the text runs from there to `x + width`."""

    x: float
    row: int  # 0 is nearest to the picture
    width: float
    text: str


@dataclass(frozen=True, slots=True)
class _Scale:
    """Seconds and writes per second to SVG units."""

    seconds: float
    plot_width: float
    up: float  # most acknowledged writes per second
    down: float  # most errors per second

    def x(self, at_s: float) -> float:
        return _LEFT + self.plot_width * at_s / self.seconds

    def height(self, rate: float) -> float:
        return _PANEL * rate / (self.up + self.down)


def draw(recording: Recording) -> str:
    """The SVG element of a recording."""
    scale = _scale(recording)
    labels = place_labels(
        [(scale.x(mark.at_s), _caption(mark, recording)) for mark in _timed(recording)]
    )
    top = 12 + _LABEL_ROW * (1 + max((label.row for label in labels), default=-1)) + 26
    tops = [top + index * (_PANEL + _BETWEEN) for index in range(len(recording.panels))]
    bottom = (tops[-1] if tops else top) + _PANEL
    parts = [
        *(_shade(recording, scale, y) for y in tops),
        *(
            _panel(panel, recording.step_s, scale, y)
            for panel, y in zip(recording.panels, tops, strict=True)
        ),
        *(_mark(label, top, tops) for label in labels),
        *(_title(panel, y) for panel, y in zip(recording.panels, tops, strict=True)),
        _measure(recording, scale, top + _PANEL),
        _clock(scale, bottom),
    ]
    return (
        f'<svg class="picture" viewBox="0 0 {WIDTH:g} {bottom + 34:g}" role="img" '
        f'aria-label="{escape(_description(recording))}">{"".join(parts)}</svg>'
    )


def _description(recording: Recording) -> str:
    marks = ", ".join(f"{mark.name} at {mark.at_s:.1f} s" for mark in _timed(recording))
    return f"Acknowledged writes and errors per second over time. {marks}"


def _timed(recording: Recording) -> list[Mark]:
    return sorted(recording.marks, key=lambda mark: mark.at_s)


def _caption(mark: Mark, recording: Recording) -> str:
    """The mark's name with the time since the fault, which is what people ask for."""
    fault = next((other.at_s for other in recording.marks if other.name == "fault"), None)
    if fault is None or mark.at_s <= fault:
        return mark.name
    return f"{mark.name} +{mark.at_s - fault:.1f} s"


# ── placing ────────────────────────────────────────────────────────────────────────────


def _scale(recording: Recording) -> _Scale:
    """One scale for all panels; the plot is narrowed until the last labels fit beside it."""
    longest = max((len(panel.acknowledged) for panel in recording.panels), default=0)
    latest = max((mark.at_s for mark in recording.marks), default=0.0)
    seconds = max(longest * recording.step_s, latest, recording.step_s)
    room = WIDTH - _LEFT - _RIGHT
    plot = min(
        [room]
        + [
            (room - len(_caption(mark, recording)) * _CHARACTER) * seconds / mark.at_s
            for mark in recording.marks
            if mark.at_s > 0
        ]
    )
    bars = [bar for panel in recording.panels for bar in _bars(panel, recording.step_s)]
    up = _ceiling(max((bar.acknowledged for bar in bars), default=0.0)) or 1.0
    return _Scale(
        seconds, plot, up, _ceiling(max((bar.errors for bar in bars), default=0.0)) or up / 8
    )


def place_labels(captions: Sequence[tuple[float, str]]) -> tuple[Label, ...]:
    """Rows for labels that start at their mark's line, so that none covers another or its line.

    `captions` are (x, text). From right to left, a label goes to the lowest row above all
    rows of the later labels that begin within its width: what shares a row is disjoint, and
    a later line ends below every earlier label that it would cross.
    """
    placed: list[Label] = []
    for x, text in sorted(captions, key=lambda caption: caption[0], reverse=True):
        width = len(text) * _CHARACTER + 12
        row = 1 + max((label.row for label in placed if label.x < x + width), default=-1)
        placed.append(Label(x, row, width, text))
    return tuple(reversed(placed))


def _ceiling(value: float) -> float:
    """The next round number: 1, 2 or 5 times a power of ten, or 0."""
    if value <= 0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if value <= step * power * 1.0001)


@dataclass(frozen=True, slots=True)
class _Bar:
    """Rates per second between two moments."""

    from_s: float
    to_s: float
    acknowledged: float
    errors: float


def _bars(panel: Panel, step_s: float) -> list[_Bar]:
    """Counts as rates, with neighbouring steps joined where there are more than can be seen."""
    length = max(len(panel.acknowledged), len(panel.errors))
    joined = max(1, math.ceil(length / _MOST_BARS))
    bars = []
    for start in range(0, length, joined):
        end = min(start + joined, length)
        span = (end - start) * step_s
        rates = [sum(counts[start:end]) / span for counts in (panel.acknowledged, panel.errors)]
        bars.append(_Bar(start * step_s, end * step_s, *rates))
    return bars


# ── drawing ────────────────────────────────────────────────────────────────────────────


def _panel(panel: Panel, step_s: float, scale: _Scale, top: float) -> str:
    base = top + scale.height(scale.up)
    bars = _bars(panel, step_s)
    rising = _outline(scale, base, [(bar, -scale.height(bar.acknowledged)) for bar in bars])
    hanging = _outline(scale, base, [(bar, scale.height(bar.errors)) for bar in bars])
    right = scale.x(scale.seconds)
    return (
        _grid(scale, base, right)
        + f'<path class="acknowledged" d="{rising}"/><path class="errors" d="{hanging}"/>'
        + f'<path class="base" d="M{_LEFT:g} {base:.1f}H{right:.1f}"/>'
    )


def _title(panel: Panel, top: float) -> str:
    """Above the panel and over the marks' lines, which a halo interrupts."""
    return f'<text class="title" x="{_LEFT:g}" y="{top - 10:g}">{escape(panel.title)}</text>'


def _grid(scale: _Scale, base: float, right: float) -> str:
    """Lines at half and full height with their rates, and the words for up and down."""
    heights = [(base - scale.height(rate), rate) for rate in (scale.up / 2, scale.up) if rate > 0]
    lines = "".join(
        f'<path class="grid" d="M{_LEFT:g} {y:.1f}H{right:.1f}"/>'
        f'<text class="tick" x="{_LEFT - 8:g}" y="{y + 4:.1f}">{rate:g}</text>'
        for y, rate in heights
    )
    middle = base + scale.height(scale.down) / 2 + 4
    return (
        lines + f'<text class="tick" x="{_LEFT - 8:g}" y="{base + 4:.1f}">0</text>'
        f'<text class="tick bad" x="{_LEFT - 8:g}" y="{max(middle, base + 17):.1f}">errors</text>'
    )


def _outline(scale: _Scale, base: float, bars: list[tuple[_Bar, float]]) -> str:
    """A closed path of steps; `bars` come with their signed height."""
    points = "".join(f"V{base + height:.1f}H{scale.x(bar.to_s):.1f}" for bar, height in bars)
    return f"M{scale.x(0):.1f} {base:.1f}{points}V{base:.1f}z"


def _shade(recording: Recording, scale: _Scale, top: float) -> str:
    span = _rto_span(recording)
    if span is None:
        return ""
    left, right = (scale.x(at_s) for at_s in span)
    size = f'width="{right - left:.1f}" height="{_PANEL:g}"'
    return f'<rect class="rto" x="{left:.1f}" y="{top:g}" {size}/>'


def _measure(recording: Recording, scale: _Scale, bottom: float) -> str:
    """The RTO as a measured distance below the first panel, its figure beside it."""
    span = _rto_span(recording)
    if span is None:
        return ""
    left, right = (scale.x(at_s) for at_s in span)
    y = bottom + 12
    ends = f"M{left:.1f} {y - 5:g}v10M{right:.1f} {y - 5:g}v10"
    return (
        f'<path class="measure" d="{ends}M{left:.1f} {y:g}H{right:.1f}"/>'
        f'<text class="figure" x="{right + 8:.1f}" y="{y + 4.5:g}">'
        f"RTO {recording.rto_s:.1f} s</text>"
    )


def _rto_span(recording: Recording) -> tuple[float, float] | None:
    fault = next((mark.at_s for mark in recording.marks if mark.name == "fault"), None)
    if fault is None or recording.rto_s is None:
        return None
    return fault, fault + recording.rto_s


def _mark(label: Label, top: float, tops: list[float]) -> str:
    """The label with its line, from the label down and once more through each further panel."""
    y = top - 26 - _LABEL_ROW * label.row
    kind = "mark fault" if label.text == "fault" else "mark"
    first = f"M{label.x:.1f} {y - 13:g}V{top + _PANEL:g}"
    rest = "".join(f"M{label.x:.1f} {other:g}v{_PANEL:g}" for other in tops[1:])
    return (
        f'<g class="{kind}"><path d="{first}{rest}"/>'
        f'<text x="{label.x + 5:.1f}" y="{y - 3:g}">{escape(label.text)}</text></g>'
    )


def _clock(scale: _Scale, bottom: float) -> str:
    """Seconds along the bottom, at round distances."""
    step = _ceiling(scale.seconds / 12)
    moments = [index * step for index in range(math.floor(scale.seconds / step) + 1)]
    ticks = "".join(
        f'<path class="base" d="M{scale.x(at_s):.1f} {bottom:g}v5"/>'
        f'<text class="second" x="{scale.x(at_s):.1f}" y="{bottom + 20:g}">{at_s:g} s</text>'
        for at_s in moments
    )
    return f'<path class="base" d="M{_LEFT:g} {bottom:g}H{scale.x(scale.seconds):.1f}"/>{ticks}'
