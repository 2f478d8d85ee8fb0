"""A drill's report as one HTML file that needs nothing else: no script, font or image.

    report (JSON) ─▶ facts ─▶ picture (SVG) ─┐
                       └────▶ sections ──────┴─▶ report.html

A report holds what its fault can measure; whatever is missing is left out, and a figure
that could not be measured says so. All text of the report is escaped.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from caisson.drill.picture import Mark, Panel, Recording, draw

Report = Mapping[str, Any]

_FOLDER = files("caisson.drill")
_STYLE = _FOLDER.joinpath("report.css").read_text("utf-8")
_PAGE = Template(_FOLDER.joinpath("report.html").read_text("utf-8"))
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

# Only the style that is part of the page; nothing in the data can run or load anything.
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'"
)

_GLYPHS = {
    "holds": '<circle cx="10" cy="10" r="8"/><path d="M6.3 10.3l2.6 2.6 5-5.6"/>',
    "broken": '<path d="M6.5 2h7L18 6.5v7L13.5 18h-7L2 13.5v-7zM7 7l6 6M13 7l-6 6"/>',
    "unknown": '<circle cx="10" cy="10" r="8" stroke-dasharray="3 2"/>'
    '<path d="M7.6 8a2.4 2.4 0 1 1 3.4 2.2c-.7.3-1 .8-1 1.6M10 14.3v.1"/>',
}
_FIDELITY = {
    "rehearsal": "rehearsal on this machine",
    "cloud drill": "drill in the cloud",
    "real event": "real event",
}
_MEANINGS = {
    "RTO, recovery time": """from the fault to the first second from which at least 99 % of the
        probe's requests succeed for 3 s. The time until anybody noticed is included.""",
    "RPO, data lost": """how far before the fault the oldest acknowledged write lies that was
        missing afterwards; 0 s when none was missing.""",
    "Lost write": """a write that was acknowledged to the user and was not found when everything
        acknowledged was counted again after recovery.""",
}


_RESTORED = {
    "Restored": """from the order to the last right answer of the copy to the store's questions; of
        several restores the slowest. It stands beside what runs: nobody is sent there.""",
    "Written": "bytes of the store that restores wrote to disk, by the time of that step alone.",
}
_TIMES = {
    "rto_s": "RTO, recovery time",
    "rpo_s": "RPO, data lost",
    "restore_s": "Restored after",
}


def render(report: Report, back: str | None = None) -> str:
    """The report of one drill as HTML; `back` is a link to where the reader came from."""
    sections = (
        _head(report, back),
        _verdicts(report.get("verdicts", ())),
        _figures(report),
        _found(report.get("found", ())),
        _picture(report),
        _tenants(report),
        _steps(report.get("steps", ())),
        _method(report),
    )
    return _PAGE.substitute(
        policy=escape(POLICY),
        title=_text(f"{report.get('fault', 'drill')} {report.get('subject', '')} · Caisson"),
        style=_STYLE,
        body="\n".join(section for section in sections if section),
    )


def _text(value: object) -> str:
    return escape(str(value))


# ── numbers for people ─────────────────────────────────────────────────────────────────


def _seconds(value: float | None) -> str:
    if value is None:
        return "cannot tell"
    if value == 0:
        return "0 s"
    if value < 1:
        return f"{value * 1000:.0f} ms"
    return f"{value:.1f} s"


def _count(value: int | None) -> str:
    return "cannot tell" if value is None else f"{value:,}"


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%-d %B %Y, %H:%M:%S UTC")


# ── sections ───────────────────────────────────────────────────────────────────────────


def _head(report: Report, back: str | None) -> str:
    facts = [
        f"Drill {_text(report['id'])}" if "id" in report else None,
        f"estate {_text(report['estate'])}" if "estate" in report else None,
        _moment(report["started_at"]) if "started_at" in report else None,
        *(
            f"{_text(store)} replicates {_text(kind)}"
            for store, kind in report.get("replication", {}).items()
        ),
    ]
    fidelity = report.get("fidelity")
    badge = (
        f' <span class="fidelity">{_text(_FIDELITY.get(fidelity, fidelity))}</span>'
        if fidelity
        else ""
    )
    link = f'<a class="back" href="{escape(back)}">← the console</a>' if back else ""
    return (
        f"{link}<h1>{_text(report.get('fault', 'drill'))} {_text(report.get('subject', ''))}</h1>"
        f'<p class="about">{" · ".join(fact for fact in facts if fact)}{badge}</p>'
    )


def _verdicts(verdicts: Sequence[Report]) -> str:
    return _list("verdicts", (_verdict(verdict) for verdict in verdicts))


def _verdict(verdict: Report) -> str:
    decision = verdict["verdict"] if verdict["verdict"] in _GLYPHS else "unknown"
    word = "cannot tell" if decision == "unknown" else decision
    why = "; ".join(_text(reason) for reason in verdict.get("why", ()))
    return _item(decision, f"{verdict['promise']}: {word}", why)


def _item(decision: str, head: str, why: str) -> str:
    glyph = f'<svg viewBox="0 0 20 20" aria-hidden="true">{_GLYPHS[decision]}</svg>'
    return (
        f'<li class="{decision}">{glyph}'
        f"<div><strong>{_text(head)}</strong> <small>{why}</small></div></li>"
    )


def _figures(report: Report) -> str:
    tiles = [tile for tile in (_times(report) + _writes(report) + _special(report)) if tile]
    return f'<dl class="figures">{"".join(tiles)}</dl>' if tiles else ""


def _times(report: Report) -> list[str]:
    return [_tile(title, _seconds(report[key])) for key, title in _TIMES.items() if key in report]


def _writes(report: Report) -> list[str]:
    tiles = []
    if "writes_lost" in report:
        lost, of = report["writes_lost"], report.get("writes_acknowledged")
        note = f"of {_count(of)} acknowledged" if of is not None else ""
        tiles.append(_tile("Lost writes", _count(lost), note, bad=bool(lost)))
    if "other_sites_errors" in report:
        errors = report["other_sites_errors"]
        tiles.append(_tile("Errors, other tenants", _count(errors), bad=bool(errors)))
    return tiles


def _special(report: Report) -> list[str]:
    """Figures that only some faults have: the thawed primary's, and the way back."""
    tiles = []
    if thawed := report.get("thawed_primary"):
        accepted = thawed.get("accepted")
        note = f"of {_count(thawed.get('attempts'))} tried"
        tiles.append(_tile("Thawed primary took", _count(accepted), note, bad=bool(accepted)))
    if "bytes_per_s" in report:
        speed = report["bytes_per_s"]
        shown = "cannot tell" if speed is None else f"{speed / 1e6:,.1f} MB"
        tiles.append(_tile("Written in a second", shown))
    if back := report.get("failback"):
        wait = back.get("median_wait_s")
        most = f"; at most {_seconds(back['max_wait_s'])}" if "max_wait_s" in back else ""
        tiles.append(_tile("Wait at failback", _seconds(wait), f"median{most}"))
    return tiles


def _tile(title: str, figure: str, note: str = "", *, bad: bool = False) -> str:
    small = f" <small>{note}</small>" if note else ""
    kind = ' class="bad"' if bad else ""
    return f"<div{kind}><dt>{title}</dt><dd>{figure}{small}</dd></div>"


def _found(found: Sequence[Report]) -> str:
    """What was looked at, each with whether it is as it should be."""
    return _list(
        "verdicts",
        (
            _item("holds" if each["well"] else "broken", each["what"], _text(each["said"]))
            for each in found
        ),
    )


def _picture(report: Report) -> str:
    recording = _recording(report)
    if recording is None:
        return ""
    rto = '<span class="k-rto">recovery time (RTO)</span>' if recording.rto_s is not None else ""
    return (
        '<figure><div class="scroll" tabindex="0" role="group" aria-label="Picture">'
        f"{draw(recording)}</div>"
        '<figcaption><span class="k-up">acknowledged writes per second</span>'
        f'<span class="k-down">errors per second, downwards</span>{rto}</figcaption></figure>'
    )


def _recording(report: Report) -> Recording | None:
    timeline = report.get("timeline")
    if not timeline:
        return None
    panels = tuple(
        Panel(_group_title(key, report), tuple(series["acknowledged"]), tuple(series["errors"]))
        for key in ("lost_region", "others")
        if (series := timeline.get(key))
    )
    marks = tuple(Mark(mark["at_s"], mark["name"]) for mark in report.get("marks", ()))
    return Recording(timeline["step_s"], panels, marks, report.get("rto_s"))


def _group_title(key: str, report: Report) -> str:
    tenants = ", ".join(report.get(key, {}).get("tenants", ()))
    if key == "others":
        return "All other tenants" + (f": {tenants}" if tenants else "")
    region = str(report.get("subject", "")).rpartition("/")[2] or "the lost region"
    return f"Tenants of {region}" + (f": {tenants}" if tenants else "")


_COLUMNS = (
    ("writes_acknowledged", "acknowledged"),
    ("writes_lost", "lost"),
    ("duplicates", "duplicated"),
    ("errors", "errors"),
)


def _tenants(report: Report) -> str:
    groups = [(key, report[key]) for key in ("lost_region", "others") if key in report]
    rows = [
        (_text(_group_title(key, report)), *(_cell(group, name) for name, _ in _COLUMNS))
        for key, group in groups
    ]
    if back := report.get("failback"):
        rows.append(("While failing back", *(_cell(back, name) for name, _ in _COLUMNS)))
    if not rows:
        return ""
    head = "<th>Writes</th>" + "".join(f'<th class="number">{title}</th>' for _, title in _COLUMNS)
    body = "".join(
        f"<tr><td>{first}</td>{''.join(f'<td class=number>{cell}</td>' for cell in cells)}</tr>"
        for first, *cells in rows
    )
    return _table("What every write became", head, body)


def _table(title: str, head: str, body: str) -> str:
    return f"<h2>{title}</h2><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(group: Report, name: str) -> str:
    return _count(group[name]) if name in group else "-"


def _steps(steps: Sequence[Report]) -> str:
    if not steps:
        return ""
    begin = min(step["at_s"] for step in steps)
    span = max(step["at_s"] + step["seconds"] for step in steps) - begin
    rows = "".join(_step(step, begin, span or 1.0) for step in steps)
    head = '<th>Step</th><th class="number">at</th><th class="number">took</th><th></th>'
    return (
        f"<h2>What was done</h2><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _step(step: Report, begin: float, span: float) -> str:
    left, width = 200 * (step["at_s"] - begin) / span, 200 * step["seconds"] / span
    detail = f"<small>{_text(step['detail'])}</small>" if step.get("detail") else ""
    return (
        f"<tr><td>{_text(step['name'])}{detail}</td>"
        f'<td class="number">{step["at_s"]:.1f} s</td>'
        f'<td class="number">{_seconds(step["seconds"])}</td>'
        '<td class="bar"><svg viewBox="0 0 200 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="rail" y="4.5" width="200" height="1"/>'
        f'<rect x="{min(left, 198):.1f}" width="{max(width, 2):.1f}" height="10"/></svg></td></tr>'
    )


def _method(report: Report) -> str:
    words = _words(report)
    meanings = "".join(f"<dt>{title}</dt><dd>{meaning}</dd>" for title, meaning in words.items())
    how = _list("method", (f"<li>{_text(line)}</li>" for line in report.get("method", ())))
    measured = f"<h2>How it was measured</h2>{how}" if how else ""
    explained = f'<h2>What the words mean</h2><dl class="small">{meanings}</dl>' if words else ""
    return measured + explained


def _words(report: Report) -> Mapping[str, str]:
    if "restore_s" in report:
        return _RESTORED
    return {} if "found" in report else _MEANINGS


def _list(kind: str, items: Iterable[str]) -> str:
    body = "".join(items)
    return f'<ul class="{kind}">{body}</ul>' if body else ""
