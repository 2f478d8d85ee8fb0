"""The console in a real browser: what a person sees, live, by keyboard, and when it breaks.

The snapshot comes from a fake provider; the server, the page and the browser are real.
"""

import itertools
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from browser import Browser, at, glyph_of, texts

from caisson.console.server import RunningServer, make_app, serve_in_thread

HOSTILE = '<img src=x onerror="window.hacked=1">"\'&</script><script>window.hacked=1</script>'


# ── the estate shown ─────────────────────────────────────────────────────────────────────


def component(site: str, name: str, kind: str, role: str, address: str) -> dict[str, Any]:
    return {
        "id": f"{site}/{name}",
        "name": name,
        "system": {"blocks": "postgres", "sessions": "redis", "cache": "memcached"}.get(
            name, "service"
        ),
        "kind": kind,
        "role": role,
        "state": "running",
        "address": address,
        "lag_bytes": 0 if role == "standby" else None,
        "lag_s": 0.012 if role == "standby" else None,
        "generation": 7 if name == "blocks" else 3 if name == "sessions" else None,
        "detail": "",
    }


def kept(now: float) -> dict[str, Any]:
    """Nine days of backups, the first gone by now, and a hole of five hours three days ago."""
    at = [now - days * 86_400 for days in range(9, -1, -1)]
    hole = {"from": now - 3.2 * 86_400, "to": now - 3 * 86_400}
    return {
        "replica_set": "production/us/blocks",
        "region": "us-east",
        "why_not": None,
        "unlocked": None,
        "points": [
            {
                "label": f"2026010{number}-000000F",
                "kind": "full",
                "started_at": moment - 30,
                "stopped_at": moment - 20,
                "size_bytes": 31_000_000,
                "stored_bytes": 4_000_000,
            }
            for number, moment in enumerate(at)
        ],
        "windows": [{"from": at[0], "to": hole["from"]}, {"from": hole["to"], "to": now - 40}],
        "holes": [hole],
        "newest_restorable": now - 40,
        "restored": {"at": now - 7200, "figures": {"restore_s": 12.4}, "drill": "restore-0009"},
    }


def site(
    environment: str, region: str, jurisdiction: str, number: int, serves: bool
) -> dict[str, Any]:
    role = "primary" if serves else "standby"
    parts = (
        ("blocks", "store", role, 5432),
        ("cache", "store", "replica", 11211),
        ("proxy", "proxy", "replica", 8080),
        ("sessions", "store", role, 6379),
        ("web", "service", "replica", 8000),
    )
    return {
        "environment": environment,
        "region": region,
        "jurisdiction": jurisdiction,
        "state": "healthy",
        "serves": serves,
        "components": [
            component(
                f"{environment}/{region}", name, kind, part_role, f"127.40.{number}.{c}:{port}"
            )
            for c, (name, kind, part_role, port) in enumerate(parts, 1)
        ],
    }


def edge(environment: str, number: int) -> dict[str, Any]:
    return {
        "environment": environment,
        "region": "edge",
        "jurisdiction": None,
        "state": "healthy",
        "serves": True,
        "components": [
            component(f"{environment}/edge", "edge", "edge", "replica", f"127.40.{number}.1:8080")
        ],
    }


def replication(environment: str, source: str, target: str) -> list[dict[str, Any]]:
    return [
        {
            "source": f"{environment}/{source}/{store}",
            "target": f"{environment}/{target}/{store}",
            "kind": "replication",
            "state": "ok",
            "lag_bytes": 0,
            "lag_s": 0.012,
        }
        for store in ("blocks", "sessions")
    ]


def promise(name: str, sentence: str, fidelity: str = "proof", **other: Any) -> dict[str, Any]:
    return {
        "name": name,
        "sentence": sentence,
        "verdict": "holds",
        "fidelity": fidelity,
        "stale": False,
        "why": ["every copy lies inside the jurisdiction"],
        "evidence": [],
    } | other


def healthy() -> dict[str, Any]:
    now = 1763870000.0
    drilled = {
        "at": now - 190,
        "method": "drill lose-region",
        "subject": "production/us-west",
        "fidelity": "rehearsal",
        "figures": {"rto_s": 2.1, "rpo_s": 0.0, "writes_lost": 0},
        "stale": False,
        "report": "/drills/drill-0003",
    }
    return {
        "estate": "workspace",
        "target": "local",
        "state": "up",
        "now": now,
        "jurisdictions": [
            {"name": "us", "home": "us-west", "standby": "us-east"},
            {"name": "eu", "home": "eu-central", "standby": "eu-west"},
        ],
        "environments": ["production", "staging"],
        "sites": [
            edge("production", 0),
            site("production", "us-west", "us", 1, serves=True),
            site("production", "us-east", "us", 2, serves=False),
            site("production", "eu-central", "eu", 3, serves=True),
            site("production", "eu-west", "eu", 4, serves=False),
            edge("staging", 5),
            site("staging", "us-west", "us", 6, serves=True),
            site("staging", "us-east", "us", 7, serves=False),
        ],
        "flows": replication("production", "us-west", "us-east")
        + replication("production", "eu-central", "eu-west")
        + replication("staging", "us-west", "us-east"),
        "promises": [
            promise(
                "lose-a-region",
                "After the loss of any one region at most 5 s of data are lost"
                " and service is back within 60 s.",
                "rehearsal",
                why=["rto 2.1 s ≤ 60 s", "rpo 0 s ≤ 5 s", "drilled 3 min ago, within 7 d"],
                evidence=[drilled],
            ),
            promise("eu-stays-in-eu", "The data of eu tenants rests in eu only."),
            promise("staging-cannot-touch-production", "staging and production share nothing."),
            promise("only-web-reaches-blocks", "Only web may open blocks."),
            promise(
                "we-can-restore",
                "blocks can be restored within 1 h.",
                verdict="unknown",
                fidelity=None,
                why=["no restore was run yet"],
            ),
        ],
        "operations": [
            {
                "id": "failback-0006",
                "verb": "failback",
                "subject": "production/us",
                "state": "done",
                "started_at": now - 180,
                "ended_at": now - 171.6,
                "steps": [
                    {
                        "name": "rejoin blocks in us-west",
                        "state": "done",
                        "started_at": now - 180,
                        "ended_at": now - 174,
                        "detail": "",
                    },
                    {
                        "name": "switch over to us-west",
                        "state": "done",
                        "started_at": now - 174,
                        "ended_at": now - 171.6,
                        "detail": "",
                    },
                ],
            }
        ],
        "backups": [kept(now)],
        "drills": [
            {
                "id": "drill-0003",
                "fault": "lose-region",
                "subject": "production/us-west",
                "at": now - 190,
                "state": "done",
                "rto_s": 2.1,
                "rpo_s": 0.0,
                "writes_lost": 0,
            },
            {
                "id": "drill-0002",
                "fault": "freeze-region",
                "subject": "production/eu-central",
                "at": now - 4100,
                "state": "done",
                "rto_s": 2.6,
                "rpo_s": 0.0,
                "writes_lost": 0,
            },
        ],
        "events": [
            {"at": now - 300, "level": "info", "text": "the estate is up"},
            {"at": now - 190, "level": "error", "text": "production/us-west does not answer"},
            {"at": now - 188, "level": "info", "text": "production/us is served from us-east"},
            {
                "at": now - 171,
                "level": "info",
                "text": "production/us is served from us-west again",
            },
        ],
    }


def region_lost() -> dict[str, Any]:
    """us-west is gone and the failover is at its third step."""
    shown = healthy()
    gone = next(
        s for s in shown["sites"] if (s["environment"], s["region"]) == ("production", "us-west")
    )
    east = next(
        s for s in shown["sites"] if (s["environment"], s["region"]) == ("production", "us-east")
    )
    gone |= {"state": "lost", "serves": False}
    for part in gone["components"]:
        part |= {"state": "lost"}
        if part["name"] == "blocks":
            part |= {"role": "superseded"}
    east["serves"] = True
    east["components"][0] |= {"role": "primary", "generation": 8, "lag_s": None}
    for flow in shown["flows"]:
        if flow["source"].startswith("production/us-west"):
            flow |= {"state": "broken", "lag_s": None, "lag_bytes": None}
    shown["promises"][1] |= {
        "verdict": "broken",
        "why": ["a copy of blocks for eu lies in us-east", "estate.yaml:31"],
    }
    now = shown["now"]
    names = (
        "claim generation 8",
        "fence blocks in us-west",
        "promote blocks in us-east",
        "tell the services",
        "route us to us-east",
    )
    states = ("done", "done", "running", "pending", "pending")
    shown["operations"].append(
        {
            "id": "failover-0007",
            "verb": "failover",
            "subject": "production/us",
            "state": "running",
            "started_at": now - 1.9,
            "ended_at": None,
            "steps": [
                {
                    "name": name,
                    "state": state,
                    "started_at": None if state == "pending" else now - 1.9 + 0.6 * number,
                    "ended_at": now - 1.3 + 0.6 * number if state == "done" else None,
                    "detail": "its lease of 1.5 s has run out" if number == 1 else "",
                }
                for number, (name, state) in enumerate(zip(names, states, strict=True))
            ],
        }
    )
    shown["events"].append(
        {"at": now - 2, "level": "error", "text": "production/us-west does not answer"}
    )
    return shown


def drill_report() -> dict[str, Any]:
    steps = range(120)
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
        "errors": 55,
        "other_sites_errors": 0,
        "fidelity": "rehearsal",
        "lost_region": {
            "tenants": ["acme", "globex", "initech"],
            "writes_acknowledged": 600,
            "writes_lost": 0,
            "errors": 55,
            "duplicates": 0,
        },
        "others": {
            "tenants": ["muster", "nordlys", "solaris"],
            "writes_acknowledged": 634,
            "writes_lost": 0,
            "errors": 0,
        },
        "failback": {"writes_lost": 0, "max_wait_s": 0.4, "median_wait_s": 0.3},
        "marks": [
            {"at_s": at_s, "name": name}
            for at_s, name in (
                (3.0, "fault"),
                (3.9, "detected"),
                (4.8, "fenced"),
                (4.9, "promoted"),
                (5.1, "restored"),
                (9.0, "failback"),
            )
        ],
        "timeline": {
            "step_s": 0.1,
            "lost_region": {
                "acknowledged": [
                    0 if 30 <= i < 51 or 90 <= i < 93 else 5 + (i * 7) % 3 for i in steps
                ],
                "errors": [2 + i % 2 if 30 <= i < 51 else 0 for i in steps],
            },
            "others": {"acknowledged": [5 + (i * 5) % 3 for i in steps], "errors": [0] * 120},
        },
        "steps": [
            {"name": "claim generation 8", "at_s": 3.9, "seconds": 0.02, "detail": ""},
            {
                "name": "fence blocks in us-west",
                "at_s": 3.92,
                "seconds": 0.88,
                "detail": "its lease of 1.5 s has run out",
            },
            {"name": "promote blocks in us-east", "at_s": 4.8, "seconds": 0.21, "detail": ""},
            {"name": "route us to us-east", "at_s": 5.01, "seconds": 0.05, "detail": ""},
        ],
        "verdicts": [
            {
                "promise": "lose-a-region",
                "verdict": "holds",
                "why": ["rto 2.1 s ≤ 60 s", "rpo 0 s ≤ 5 s"],
            },
            {"promise": "we-can-restore", "verdict": "unknown", "why": ["no restore was run yet"]},
        ],
        "method": [
            "The probe writes through the public edge like a user, 50 times a second.",
            "Every acknowledged write is looked for after recovery.",
        ],
    }


class Shown:
    """A snapshot provider whose snapshot the test exchanges."""

    def __init__(self) -> None:
        self.now = healthy()

    def snapshot(self) -> dict[str, Any]:
        return deepcopy(self.now)

    def drill_report(self, drill: str) -> dict[str, Any] | None:
        return drill_report() if drill == "drill-0003" else None

    def request(self, verb: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return {"verb": verb, **arguments}


@pytest.fixture
def shown() -> Shown:
    return Shown()


@pytest.fixture
def server(shown: Shown) -> Iterator[RunningServer]:
    with serve_in_thread(make_app(shown, "token", shown)) as running:
        yield running


@pytest.fixture
def page(browser: Browser, server: RunningServer) -> Browser:
    """The console, drawn once, at 1280 px in light, with nothing remembered and no complaint."""
    browser.look()
    browser.open(server.url, "document.querySelector('.site')")
    browser.complaints.clear()
    return browser


# ── what is seen ─────────────────────────────────────────────────────────────────────────


def test_map_shows_sites_roles_flows_and_the_edge(page: Browser) -> None:
    assert texts(page, ".group h3") == ["us", "eu"]
    assert texts(page, ".site h4") == ["us-west", "us-east", "eu-central", "eu-west"]
    assert texts(page, ".edge strong") == ["edge"]
    primary = at(".component", "component", "production/us-west/blocks")
    assert texts(page, f"{primary} .tag") == ["primary"]
    assert texts(page, f"{primary} .address") == ["127.40.1.1:5432"]
    assert texts(page, f"{primary} .generation") == ["gen 7"]
    assert texts(page, ".lines .flow text") == ["12 ms"] * 4
    assert page.evaluate("document.querySelectorAll('.lines .request').length") == 2
    assert page.evaluate("document.querySelectorAll('.lines .reserve').length") == 2
    assert page.complaints == []


def test_calendar_shows_what_can_be_restored_and_holes_as_holes(page: Browser) -> None:
    days = texts(page, ".calendar li")
    assert 10 <= len(days) <= 16
    holed = texts(page, ".calendar li.holed .unseen")
    assert 1 <= len(holed) <= 2
    assert all("a hole from" in day for day in holed)
    assert sum("1 backup" in day for day in texts(page, ".calendar .unseen")) == 10
    assert "nothing can be restored" not in texts(page, ".calendar li.kept .unseen")[-1]
    assert "1 hole" in texts(page, ".kept-store .newest")[0]
    assert "restored and asked 2 h ago, in 12 s" in texts(page, ".kept-store .newest")[1]
    page.evaluate("document.querySelectorAll('#environments button')[1].click()")
    assert texts(page, "#backups") == ["Nothing of staging is declared to be backed up."]


def test_environment_switch_shows_the_other_sites(page: Browser) -> None:
    page.evaluate("document.querySelector('#environments [data-key=staging]').click()")
    assert texts(page, ".site h4") == ["us-west", "us-east"]
    assert texts(page, ".site .address")[0] == "127.40.6.3:8080"
    page.evaluate("document.querySelector('#environments [data-key=production]').click()")
    assert len(texts(page, ".site h4")) == 4


def test_promise_board_says_cannot_tell_and_gives_the_best_evidence(page: Browser) -> None:
    words = dict(zip(texts(page, ".promise strong"), texts(page, ".promise .verdict"), strict=True))
    assert words["we-can-restore"] == "cannot tell"
    assert words["lose-a-region"] == "holds"
    drilled = '.promise[data-key="lose-a-region"]'
    assert texts(page, f"{drilled} .best .figures b") == ["2.1 s", "0 s", "0"]
    assert texts(page, f"{drilled} .best .tag") == ["rehearsal"]
    assert texts(page, f"{drilled} .best .age") == ["3 min ago"]
    assert texts(page, ".headline .sentence") == [
        "Nothing is broken; for 1 promise we cannot tell."
    ]


def test_lost_region_and_running_failover_appear_without_reload(
    page: Browser, shown: Shown
) -> None:
    page.evaluate("window.sameDocument = true")
    shown.now = region_lost()
    page.wait_for("document.querySelector('.site.state-lost')")
    assert texts(page, ".headline .sentence") == ["us-west is lost; us is served from us-east."]
    assert "step 3 of 5: promote blocks in us-east" in texts(page, ".facts strong")[0]
    assert texts(page, ".lines .flow.broken text") == ["broken", "broken"]
    assert page.evaluate("document.querySelector('.operation.running').open")
    assert texts(page, ".operation.running li.running span:first-of-type") == [
        "promote blocks in us-east"
    ]
    shown.now["operations"][-1]["steps"][2]["state"] = "done"
    page.wait_for("!document.querySelector('.operation.running li.running')")
    assert page.evaluate("window.sameDocument")


def test_every_state_has_its_own_shape_and_word(page: Browser, shown: Shown) -> None:
    states = ("starting", "stopped", "lost", "frozen", "backoff", "silent")
    parts = [part for site in shown.now["sites"][1:3] for part in site["components"]]
    for part, state in zip(parts, states, strict=False):
        part["state"] = state
    page.wait_for("document.querySelector('.component.state-backoff')")
    shapes = {state: glyph_of(page, f".component.state-{state}") for state in (*states, "running")}
    assert len(set(shapes.values())) == len(shapes)
    assert sorted(texts(page, ".component .word")) == sorted(states)


def test_text_of_the_snapshot_never_becomes_markup(page: Browser, shown: Shown) -> None:
    now = shown.now
    now["estate"] = now["target"] = HOSTILE
    now["promises"][0] |= {"name": HOSTILE, "sentence": HOSTILE, "why": [HOSTILE]}
    now["promises"][0]["evidence"][0] |= {"method": HOSTILE, "report": "javascript:window.hacked=1"}
    now["operations"][0]["steps"][0] |= {"name": HOSTILE, "detail": HOSTILE}
    now["backups"][0] |= {"region": HOSTILE, "why_not": HOSTILE}
    now["drills"][0] |= {"id": HOSTILE, "fault": HOSTILE}
    now["sites"][1]["components"][0] |= {"id": HOSTILE, "name": HOSTILE, "detail": HOSTILE}
    now["flows"][0]["source"] = HOSTILE
    now["events"][0]["text"] = HOSTILE
    page.wait_for("document.querySelector('#estate').textContent.includes('onerror')")
    assert HOSTILE in texts(page, ".events span")
    assert page.evaluate("document.querySelectorAll('img, main script').length") == 0
    assert page.evaluate("document.querySelectorAll('a[href^=javascript]').length") == 0
    assert page.evaluate("window.hacked") is None
    assert page.complaints == []


# ── how it is used ───────────────────────────────────────────────────────────────────────


def focused(page: Browser) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def test_keyboard_alone_reaches_and_unfolds_a_promise(page: Browser, shown: Shown) -> None:
    page.evaluate("document.activeElement.blur()")
    page.press("Tab")
    assert focused(page) == "Skip to the map"
    page.wait_for("document.activeElement.getBoundingClientRect().top >= 0")
    page.press("Enter", "\r")
    assert page.evaluate("document.activeElement.id") == "main"
    for _ in range(20):
        page.press("Tab")
        if "lose-a-region" in focused(page):
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.press("Enter", "\r")
    unfolded = "document.querySelector('.promise[data-key=\"lose-a-region\"]').open"
    assert page.evaluate(unfolded)
    shown.now["events"].append({"at": shown.now["now"], "level": "info", "text": "one more"})
    page.wait_for("document.querySelector('#events').textContent.includes('one more')")
    assert page.evaluate(unfolded)
    assert "lose-a-region" in focused(page)


@pytest.mark.parametrize("width", [1280, 400])
def test_nothing_sticks_out_sideways(page: Browser, shown: Shown, width: int) -> None:
    shown.now = region_lost()
    page.look(width=width)
    page.wait_for("document.querySelector('.site.state-lost')")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    beyond = page.evaluate(
        "[...document.querySelectorAll('main *')].filter((e) =>"
        " e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)"
        ".map((e) => e.outerHTML.slice(0, 80))"
    )
    assert beyond == []


def test_theme_follows_the_reader_and_the_switch_overrules_it(page: Browser) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.look(scheme="dark")
    dark = page.evaluate(paper)
    assert light != dark
    page.evaluate("document.querySelector('#theme').click()")
    assert page.evaluate(paper) == light
    page.call("Page.reload")
    page.wait_for("document.querySelector('.site')")
    assert page.evaluate(paper) == light


def test_reduced_motion_stops_the_spinner(page: Browser, shown: Shown) -> None:
    shown.now = region_lost()
    page.wait_for("document.querySelector('.shape-spin')")
    spinning = "getComputedStyle(document.querySelector('.operation .shape-spin')).animationName"
    assert page.evaluate(spinning) == "turn"
    page.look(**{"prefers-reduced-motion": "reduce"})
    assert page.evaluate(spinning) == "none"


def test_lost_connection_is_said_and_mended(
    page: Browser, shown: Shown, server: RunningServer
) -> None:
    port = int(server.url.rpartition(":")[2])
    server.close()
    page.wait_for("document.body.classList.contains('stale')")
    assert "The controller has stopped." in texts(page, "#banner")[0]
    shown.now["estate"] = "mended"
    with serve_in_thread(make_app(shown, "token", shown), port=port):
        page.wait_for("!document.body.classList.contains('stale')")
        assert texts(page, "#banner") == [""]
        page.wait_for("document.querySelector('#estate').textContent.startsWith('mended')")


# ── the drill report ─────────────────────────────────────────────────────────────────────


def boxes(page: Browser, selector: str) -> list[dict[str, float]]:
    return list(
        page.evaluate(
            f"[...document.querySelectorAll('{selector}')].map((e) => e.getBoundingClientRect())"
            ".map(({left, right, top, bottom}) => ({left, right, top, bottom}))"
        )
    )


def apart(a: dict[str, float], b: dict[str, float]) -> bool:
    return (
        a["right"] <= b["left"]
        or b["right"] <= a["left"]
        or a["bottom"] <= b["top"] + 1  # line boxes are taller than letters
        or b["bottom"] <= a["top"] + 1
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_report_is_drawn_under_the_policy(
    page: Browser, server: RunningServer, scheme: str
) -> None:
    page.look(scheme=scheme)
    page.open(f"{server.url}/drills/drill-0003", "document.querySelector('svg.picture')")
    assert page.complaints == []
    assert page.evaluate("getComputedStyle(document.querySelector('.figures')).display") == "grid"
    labels = boxes(page, ".mark text")
    assert len(labels) == 6
    assert all(apart(a, b) for a, b in itertools.combinations(labels, 2))
    frame = boxes(page, "svg.picture")[0]
    assert all(frame["left"] <= box["left"] and box["right"] <= frame["right"] for box in labels)
    page.look(width=400)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
