"""The drill report: everything that was measured, nothing that was not, and no injection."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caisson.drill import report
from caisson.drill.picture import WIDTH, Mark, Panel, Recording, draw, place_labels

HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(1)>&'$title${style}"
VOID = {"meta", "br", "link", "img"}


class Outline(HTMLParser):
    """Collects elements and text, and checks that every tag is closed where it belongs."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.text += data

    def count(self, tag: str) -> int:
        return sum(1 for name, _ in self.elements if name == tag)


def lost_region(**changes: Any) -> dict[str, Any]:
    return {
        "id": "drill-0003",
        "estate": "workspace",
        "fault": "lose-region",
        "subject": "production/us-west",
        "started_at": 1763870000.0,
        "replication": {"blocks": "async"},
        "rto_s": 2.1,
        "rpo_s": 0.0,
        "writes_acknowledged": 1234,
        "writes_lost": 0,
        "other_sites_errors": 0,
        "fidelity": "rehearsal",
        "lost_region": {"tenants": ["acme"], "writes_acknowledged": 600, "errors": 55},
        "others": {"tenants": ["muster"], "writes_acknowledged": 634, "errors": 0},
        "marks": [{"at_s": 0.3, "name": "fault"}, {"at_s": 2.4, "name": "restored"}],
        "timeline": {
            "step_s": 0.1,
            "lost_region": {"acknowledged": [5] * 40, "errors": [0] * 40},
            "others": {"acknowledged": [5] * 40, "errors": [0] * 40},
        },
        "steps": [{"name": "fence blocks", "at_s": 1.0, "seconds": 0.31, "detail": "outlasted"}],
        "verdicts": [{"promise": "lose-a-region", "verdict": "holds", "why": ["rto 2.1 s"]}],
        "method": ["The probe writes through the public edge."],
    } | changes


def test_report_says_what_was_measured_and_how() -> None:
    page = Outline(report.render(lost_region()))
    for words in (
        "lose-region production/us-west",
        "rehearsal on this machine",
        "2.1 s",
        "of 1,234 acknowledged",
        "Tenants of us-west: acme",
        "All other tenants: muster",
        "restored +2.1 s",
        "fence blocks",
        "outlasted",
        "lose-a-region: holds",
        "The probe writes through the public edge.",
        "at least 99 %",
    ):
        assert words in " ".join(page.text.split()), words


def test_report_loads_and_runs_nothing() -> None:
    html = report.render(lost_region())
    page = Outline(html)
    assert page.count("script") == page.count("link") == page.count("img") == 0
    assert not any("src" in attributes or "style" in attributes for _, attributes in page.elements)
    assert "url(" not in html
    assert "@import" not in html


def test_policy_allows_exactly_the_style_of_the_page() -> None:
    style = re.search(r"<style>(.*?)</style>", report.render({}), re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in report.POLICY
    assert "default-src 'none'" in report.POLICY


def hostile(value: Any) -> Any:
    """The same shape with every text replaced."""
    match value:
        case str():
            return HOSTILE
        case dict():
            return {key: hostile(part) for key, part in value.items()}
        case list():
            return [hostile(part) for part in value]
        case _:
            return value


def test_text_of_a_report_never_becomes_markup() -> None:
    plain, attacked = (
        Outline(report.render(data, back="/")) for data in (lost_region(), hostile(lost_region()))
    )
    assert attacked.count("script") == attacked.count("img") == 0
    assert "alert(1)" in attacked.text
    assert not any(name.startswith("on") for _, attrs in attacked.elements for name in attrs)
    assert {tag for tag, _ in attacked.elements} <= {tag for tag, _ in plain.elements}


@pytest.mark.parametrize("missing", sorted(lost_region()))
def test_report_without_a_field_shows_the_others(missing: str) -> None:
    data = lost_region()
    del data[missing]
    page = Outline(report.render(data))
    assert "What the words mean" in page.text
    assert "None" not in page.text


def test_report_of_nothing_is_still_a_page() -> None:
    page = Outline(report.render({}))
    assert page.count("h1") == 1
    assert "picture" not in [attributes.get("class") for _, attributes in page.elements]


def test_unmeasured_figures_say_that_nobody_can_tell() -> None:
    text = Outline(report.render({"rto_s": None, "rpo_s": None, "writes_lost": None})).text
    assert text.count("cannot tell") == 3


def test_unknown_verdict_reads_cannot_tell() -> None:
    verdict = {"promise": "lose-a-region", "verdict": "unknown", "why": ["not drilled"]}
    text = Outline(report.render(lost_region(verdicts=[verdict]))).text
    assert "lose-a-region: cannot tell" in text


def test_frozen_region_and_failback_have_their_figures() -> None:
    text = Outline(
        report.render(
            lost_region(
                thawed_primary={"attempts": 20, "accepted": 0},
                failback={"writes_lost": 0, "max_wait_s": 0.4, "median_wait_s": 0.3},
            )
        )
    ).text
    assert "of 20 tried" in text
    assert "300 ms" in text
    assert "at most 400 ms" in text


def test_loss_is_marked_as_bad_and_zero_is_not() -> None:
    assert 'class="bad"' not in report.render(lost_region())
    assert 'class="bad"' in report.render(lost_region(writes_lost=3))


def test_way_back_only_where_there_is_one() -> None:
    assert 'href="/"' in report.render(lost_region(), back="/")
    assert "href" not in report.render(lost_region())


# ── the picture ──────────────────────────────────────────────────────────────────────────

CAPTIONS = st.lists(
    st.tuples(st.floats(58, 1000), st.text("abcdefgh +.0123", min_size=1, max_size=24)),
    max_size=12,
)


@given(CAPTIONS)
def test_labels_cover_neither_each_other_nor_each_others_lines(
    captions: list[tuple[float, str]],
) -> None:
    labels = place_labels(captions)
    assert sorted(label.text for label in labels) == sorted(text for _, text in captions)
    for index, label in enumerate(labels):
        for later in labels[index + 1 :]:
            assert later.x >= label.x
            if later.x < label.x + label.width:  # the later line would cross this label
                assert later.row < label.row


@given(st.lists(st.floats(0, 60), min_size=1, max_size=8), st.integers(0, 700))
def test_labels_stay_inside_the_picture(moments: list[float], steps: int) -> None:
    panel = Panel("all", (1.0,) * steps, (0.0,) * steps)
    marks = tuple(Mark(at_s, "promoted") for at_s in moments)
    svg = draw(Recording(0.1, (panel,), marks))
    starts = [float(x) for x in re.findall(r'<g class="mark"><path d="M([\d.]+) ', svg)]
    assert len(starts) == len(moments)
    assert all(x + len("promoted") * 8 <= WIDTH for x in starts)


def bars(svg: str, kind: str) -> list[str]:
    return re.findall(rf'class="{kind}" d="([^"]*)"', svg)


def test_counts_become_rates_on_one_scale_for_both_panels() -> None:
    busy = Panel("lost", (10.0,) * 20, (0.0,) * 20)
    calm = Panel("others", (5.0,) * 20, (0.0,) * 20)
    svg = draw(Recording(0.1, (busy, calm), ()))
    heights = []
    for path in bars(svg, "acknowledged"):
        base, top = (float(y) for y in re.findall(r"^M[\d.]+ ([\d.]+)V([\d.]+)", path)[0])
        heights.append(base - top)
    assert heights[0] == pytest.approx(2 * heights[1], abs=0.2)
    assert ">100</text>" in svg  # ten in a tenth of a second


def test_acknowledged_rises_and_errors_hang() -> None:
    svg = draw(Recording(0.1, (Panel("lost", (5.0, 0.0), (0.0, 5.0)),), ()))
    (up,), (down,) = bars(svg, "acknowledged"), bars(svg, "errors")
    base = float(re.findall(r"^M[\d.]+ ([\d.]+)", up)[0])
    assert min(float(y) for y in re.findall(r"V([\d.]+)", up)) < base
    assert max(float(y) for y in re.findall(r"V([\d.]+)", down)) > base


def test_rto_is_shaded_in_every_panel_and_named_once() -> None:
    html = report.render(lost_region())
    assert html.count('<rect class="rto"') == 2
    assert html.count(">RTO 2.1 s</text>") == 1
    assert '<rect class="rto"' not in report.render(lost_region(rto_s=None))
