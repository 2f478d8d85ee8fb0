"""The page of a checked plan in a real browser: the map, the promises, and the ways drawn."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from browser import Browser, at, glyph_of, texts
from click.testing import CliRunner

from caisson.cli.main import main
from caisson.console.checked import checked_app, standalone
from caisson.console.server import serve_in_thread

PLAN = Path(__file__).parents[1] / "plans" / "shop" / "plan.json"
HOSTILE = '<img src=x onerror="window.hacked=1">"\'&</script><script>window.hacked=1</script>'
WEB, DATABASE, COPY, BUCKET = "web", "database", "copy", "bucket"


def thing(name: str, kind: str, type_: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "type": type_,
        "kind": kind,
        "system": "",
        "environment": None,
        "source": "main.tf:3",
        "public": None,
        "addressed": None,
        "encrypted": None,
        "parts": [],
    } | more


def verdict(promise: str, subject: str, decision: str, **more: Any) -> dict[str, Any]:
    return {
        "promise": promise,
        "subject": subject,
        "verdict": decision,
        "why": [],
        "counterexample": [],
        "remedy": None,
        "source": None,
        "legs": [],
        "involved": [],
        "at": None,
        "accepted": None,
    } | more


def leg(source: str, target: str, says: str = "") -> dict[str, str]:
    return {"from": source, "to": target, "says": says}


def fact(text: str) -> dict[str, str | None]:
    return {"text": text, "source": None}


def lane(name: str, things: list[str], public: bool | None = False) -> dict[str, Any]:
    return {
        "name": name,
        "subnets": 1,
        "zones": ["eu-west-1a"],
        "cidrs": ["10.0.1.0/24"],
        "public": public,
        "things": things,
    }


def network(name: str, lanes: list[dict[str, Any]], gateway: bool = False) -> dict[str, Any]:
    gateways = [{"id": f"{name}-gateway", "kind": "internet gateway", "name": "out"}]
    return {
        "id": name,
        "name": name,
        "cidrs": ["10.0.0.0/16"],
        "described": True,
        "gateways": gateways if gateway else [],
        "lanes": lanes,
    }


def region(name: str, networks: list[dict[str, Any]], things: list[str]) -> dict[str, Any]:
    return {
        "name": name,
        "jurisdictions": ["eu"],
        "resources": 30,
        "networks": networks,
        "things": things,
        "folded": {"aws_route": 12, "aws_iam_role": 3},
    }


def shop() -> dict[str, Any]:
    """An account with two regions; the web server is open to the internet and so is a bucket."""
    return {
        "name": "plans/shop.json",
        "defaults": False,
        "promises": [
            {"name": "closed", "sentence": "nothing but ports 80 and 443 is open"},
            {"name": "stays", "sentence": "the data of eu tenants stays in eu"},
            {"name": "apart", "sentence": "production and staging share nothing"},
        ],
        "verdicts": [
            verdict(
                "closed",
                WEB,
                "broken",
                counterexample=[fact("the internet can open tcp 22 at web")],
                why=[fact("its other ports are closed")],
                remedy="close the rule that lets the internet in",
                legs=[leg("internet", "main-gateway"), leg("main-gateway", WEB, "tcp 22")],
                involved=["internet", "main-gateway", WEB],
                at=WEB,
            ),
            verdict("closed", "everything else", "holds", involved=[DATABASE]),
            verdict(
                "stays",
                "eu",
                "holds",
                legs=[leg(DATABASE, COPY, "replication")],
                involved=[DATABASE, COPY],
            ),
            verdict("apart", "production and staging", "unknown", involved=[BUCKET]),
        ],
        "map": {
            "by": "account",
            "accounts": [
                {
                    "name": "111111111111",
                    "regions": [
                        region(
                            "eu-west-1",
                            [
                                network("main", [lane("front", [WEB], True)], gateway=True),
                                network("data", [lane("back", [DATABASE])]),
                            ],
                            [BUCKET],
                        ),
                        region("eu-north-1", [], [COPY]),
                        region("global", [], []),
                    ],
                }
            ],
            "things": {
                WEB: thing("web-1", "program", "aws_instance", addressed=True),
                DATABASE: thing("orders", "store", "aws_db_instance", system="postgres"),
                COPY: thing("orders-copy", "replica", "aws_db_instance", system="postgres"),
                BUCKET: thing("pictures", "files", "aws_s3_bucket", system="s3", public=True),
            },
            "lines": [
                {"from": "main", "to": "data", "kind": "joined", "says": "peering"},
                {"from": DATABASE, "to": COPY, "kind": "data", "says": "replication"},
                {"from": WEB, "to": BUCKET, "kind": "use", "says": "environment variable PICTURES"},
            ],
        },
        "coverage": {
            "resources": 90,
            "understood": 88,
            "neutral": 4,
            "ignored": {"aws_odd_thing": 2},
        },
        "gaps": [
            {
                "what": f"aws_odd_thing.{n} is not understood",
                "resource": f"aws_odd_thing.{n}",
                "type": "aws_odd_thing",
                "questions": ["exposure", "isolation"],
                "source": "main.tf:9",
                "at": BUCKET,
            }
            for n in ("a", "b")
        ],
    }


def crowded() -> dict[str, Any]:
    """500 networks, 30,000 things and 2,000 verdicts."""
    shown = shop()
    ids = [[f"server-{n}-{m}" for m in range(60)] for n in range(500)]
    shown["map"]["accounts"][0]["regions"][0]["networks"] = [
        network(f"net-{n}", [lane("front", inside, True)]) for n, inside in enumerate(ids)
    ]
    shown["map"]["things"] |= {
        each: thing(each, "program", "aws_instance") for inside in ids for each in inside
    }
    shown["verdicts"] = [
        verdict(
            "closed",
            inside[m],
            "broken",
            legs=[leg("internet", inside[m], "tcp 22")],
            involved=["internet", inside[m]],
            at=inside[m],
        )
        for inside in ids
        for m in range(4)
    ]
    return shown


@pytest.fixture
def shown() -> dict[str, Any]:
    return {"checks": [shop()]}


@pytest.fixture
def url(shown: dict[str, Any]) -> Iterator[str]:
    with serve_in_thread(checked_app(shown)) as running:
        yield running.url


@pytest.fixture
def page(browser: Browser, url: str) -> Browser:
    return opened(browser, url)


def opened(browser: Browser, address: str) -> Browser:
    """The page at 1440 px in light, drawn, and without a complaint."""
    browser.look(width=1440)
    browser.open("about:blank", "true")
    browser.complaints.clear()
    browser.open(address, "document.querySelector('.card')")
    return browser


def click(page: Browser, selector: str) -> None:
    page.evaluate(f"document.querySelector({json.dumps(selector)}).click()")


def unfold(page: Browser, position: int) -> None:
    click(page, f"details.one[data-verdict='{position}'] > summary")
    page.wait_for("document.querySelector('.canvas.dimmed')")


def lit(page: Browser, selector: str) -> list[str]:
    found = page.evaluate(
        f"[...document.querySelectorAll('{selector}.lit')].map((e) => e.dataset.at)"
    )
    return list(found)


# ── what is seen ─────────────────────────────────────────────────────────────────────────


def test_map_shows_accounts_regions_networks_and_things(page: Browser) -> None:
    assert texts(page, ".group > h3") == ["account 111111111111"]
    assert texts(page, ".region h4") == ["eu-west-1", "eu-north-1"]
    assert texts(page, ".network summary strong") == ["main", "data"]
    assert texts(page, ".thing .name") == ["web-1", "orders", "pictures", "orders-copy"]
    assert texts(page, ".lane-name .tag") == ["public", "private"]
    assert "and 15 more resources" in texts(page, ".region > .rest summary")
    assert texts(page, ".group > .rest summary") == ["global: 30 resources"]
    assert page.complaints == []


def test_lines_join_what_is_joined_and_copied_but_not_what_only_uses(page: Browser) -> None:
    assert page.evaluate("document.querySelectorAll('.behind .joined').length") == 1
    assert page.evaluate("document.querySelectorAll('.behind .data').length") == 1
    assert page.evaluate("document.querySelectorAll('.behind .flow').length") == 2
    assert texts(page, "#legend li") == ["networks joined", "copies of data"]


def test_board_tells_the_worst_first(page: Browser) -> None:
    assert texts(page, ".asked h3") == ["closed", "apart", "stays"]
    assert texts(page, ".asked .verdict") == ["broken 1 of 2", "cannot tell", "holds"]
    assert texts(page, ".headline .sentence") == ["closed is broken."]
    assert "88 of 90 resources understood" in texts(page, ".facts span")
    assert glyph_of(page, at(".asked", "promise", "closed")) == "#g-cross"


def test_what_was_not_understood_is_counted_and_told_once(page: Browser) -> None:
    assert "Left out: 2 aws_odd_thing." in texts(page, "#gaps .covered")
    assert len(texts(page, ".gaps > li")) == 1
    click(page, ".gaps details summary")
    page.wait_for("document.querySelector('.gaps details li')")
    assert texts(page, ".gaps details li") == ["aws_odd_thing.b"]


# ── choosing ─────────────────────────────────────────────────────────────────────────────


def test_a_broken_verdict_draws_its_way_and_dims_the_rest(page: Browser) -> None:
    unfold(page, 0)
    assert page.evaluate("document.querySelectorAll('.front .leg.bad').length") == 2
    assert texts(page, at(".thing", "at", WEB) + " .says") == ["tcp 22"]
    assert lit(page, ".thing") == [WEB]
    assert "the internet can open tcp 22 at web" in texts(page, ".one .against")
    assert texts(page, ".one .remedy") == ["close the rule that lets the internet in"]
    opacity = "getComputedStyle(document.querySelector('[data-at=database]')).opacity"
    page.wait_for(f"{opacity} < 0.5")
    page.press("Escape")
    page.wait_for("!document.querySelector('.canvas.dimmed')")
    assert page.evaluate("document.querySelectorAll('.front .leg').length") == 0
    assert page.evaluate("document.querySelectorAll('details.one[open]').length") == 0


def test_the_way_ends_at_the_things_it_names(page: Browser) -> None:
    unfold(page, 0)
    for position, anchor in enumerate(("main-gateway", WEB)):
        beside, level = page.evaluate(
            f"""(() => {{
              const tip = document.querySelectorAll('.front .tip')[{position}];
              const {{right, top, bottom}} = tip.getBoundingClientRect();
              const end = document.querySelector('[data-at={anchor}]').getBoundingClientRect();
              return [right - end.left, (top + bottom - end.top - end.bottom) / 2];
            }})()"""
        )
        assert abs(beside) < 4
        assert abs(level) < 4


def test_another_verdict_takes_the_place_of_the_first(page: Browser) -> None:
    unfold(page, 0)
    click(page, "details.one[data-verdict='2'] > summary")
    page.wait_for("document.querySelector('.front .leg.good')")
    assert page.evaluate("document.querySelectorAll('details.one[open]').length") == 1
    assert lit(page, ".thing") == [DATABASE, COPY]
    assert page.evaluate("location.hash") == "#0.2"


def test_an_address_opens_a_verdict(browser: Browser, url: str) -> None:
    opened(browser, f"{url}/#0.0")
    browser.wait_for("document.querySelector('.front .leg.bad')")
    assert browser.evaluate("document.querySelector('details.one[open]').dataset.verdict") == "0"


def test_filter_shows_only_what_was_decided_so(page: Browser) -> None:
    click(page, "[data-filter=unknown]")
    assert texts(page, ".asked h3") == ["apart"]
    assert texts(page, "[data-filter=unknown][aria-pressed=true]") == ["1cannot tell"]
    click(page, "[data-filter='']")
    assert len(texts(page, ".asked h3")) == 3


def test_a_thing_tells_what_it_is_and_what_it_is_tied_to(page: Browser) -> None:
    click(page, at(".thing", "at", DATABASE))
    page.wait_for("!document.querySelector('#thing').hidden")
    assert texts(page, "#thing h2") == ["orders"]
    assert "whether it is encrypted at rest cannot be told" in texts(page, ".traits li")
    assert texts(page, "#thing .ties button") == ["orders-copy"]
    assert page.evaluate("document.querySelectorAll('.front .leg.tie').length") == 1
    click(page, "#thing .ties button")
    page.wait_for("document.querySelector('#thing h2').textContent == 'orders-copy'")
    click(page, "[data-close]")
    page.wait_for("document.querySelector('#thing').hidden")


def test_an_accepted_finding_is_neither_broken_nor_hidden(
    browser: Browser, shown: dict[str, Any]
) -> None:
    shown["checks"][0]["verdicts"][0]["accepted"] = "moves next month (storage, until 2026-12-24)"
    with serve_in_thread(checked_app(shown)) as running:
        opened(browser, running.url)
        assert texts(browser, ".headline .sentence") != ["closed is broken."]
        assert "accepted 1 of 2" in texts(browser, ".asked .verdict")
        unfold(browser, 0)
        assert texts(browser, ".one .accepted") == [
            "accepted: moves next month (storage, until 2026-12-24)"
        ]


def test_several_checks_are_shown_one_at_a_time(browser: Browser, shown: dict[str, Any]) -> None:
    other = deepcopy(shown["checks"][0]) | {"name": "plans/other.json", "verdicts": []}
    shown["checks"].append(other)
    with serve_in_thread(checked_app(shown)) as running:
        opened(browser, running.url)
        assert texts(browser, "#estate") == ["shop.json"]
        browser.evaluate(
            "(() => { const s = document.querySelector('#checks'); s.selectedIndex = 1;"
            " s.dispatchEvent(new Event('change', {bubbles: true})); })()"
        )
        assert texts(browser, "#estate") == ["other.json"]


# ── how it is used ───────────────────────────────────────────────────────────────────────


def test_keyboard_alone_opens_a_verdict_and_draws_it(page: Browser) -> None:
    page.evaluate("document.activeElement.blur()")
    page.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the promises"
    page.press("Enter", "\r")
    assert page.evaluate("document.activeElement.id") == "promises"
    page.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.press("Enter", "\r")
    page.wait_for("document.querySelector('.front .leg.bad')")


@pytest.mark.parametrize("width", [1440, 1000, 400])
def test_nothing_sticks_out_sideways(page: Browser, width: int) -> None:
    unfold(page, 0)
    page.look(width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    beyond = page.evaluate(
        "[...document.querySelectorAll('main *')].filter((e) =>"
        " e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)"
        ".map((e) => e.outerHTML.slice(0, 80))"
    )
    assert beyond == []


def test_dark_follows_the_reader_and_the_switch_overrules_it(page: Browser) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.look(width=1440, scheme="dark")
    assert page.evaluate(paper) != light
    click(page, "#theme")
    assert page.evaluate(paper) == light
    page.evaluate("localStorage.clear()")


def test_text_of_a_plan_never_becomes_markup(browser: Browser, shown: dict[str, Any]) -> None:
    check = shown["checks"][0]
    check["name"] = HOSTILE
    check["promises"][0] |= {"name": HOSTILE, "sentence": HOSTILE}
    check["verdicts"][0] |= {"promise": HOSTILE, "subject": HOSTILE, "remedy": HOSTILE}
    check["verdicts"][0]["counterexample"] = [{"text": HOSTILE, "source": HOSTILE}]
    check["map"]["accounts"][0]["name"] = HOSTILE
    check["map"]["things"][WEB] |= {"name": HOSTILE, "type": HOSTILE, "source": HOSTILE}
    check["map"]["things"][HOSTILE] = check["map"]["things"].pop(BUCKET)
    check["map"]["accounts"][0]["regions"][0]["things"] = [HOSTILE]
    check["verdicts"][0]["legs"] = [leg("internet", HOSTILE, HOSTILE)]
    check["gaps"][0] |= {"what": HOSTILE, "at": HOSTILE}
    file = standalone(shown)
    assert "</script><script>" not in file
    assert "<img" not in file
    with serve_in_thread(checked_app(shown)) as running:
        opened(browser, running.url)
        unfold(browser, 0)
        click(browser, at(".thing", "at", WEB))
        assert browser.evaluate("document.querySelectorAll('img, main script').length") == 0
        assert browser.evaluate("window.hacked") is None
        assert browser.complaints == []


# ── much ─────────────────────────────────────────────────────────────────────────────────


def test_a_crowded_estate_is_folded_and_unfolds_only_the_way_that_is_drawn(
    browser: Browser,
) -> None:
    with serve_in_thread(checked_app({"checks": [crowded()]})) as running:
        opened(browser, running.url)
        elements = "document.querySelectorAll('*').length"
        assert browser.evaluate(elements) < 12_000
        assert len(texts(browser, ".network")) == 500
        assert texts(browser, ".asked .more") == ["show 1992 more"]
        opened(browser, f"{running.url}/#0.1999")
        browser.wait_for("document.querySelector('.front .leg.bad')")
        assert lit(browser, ".thing") == ["server-499-3"]
        assert texts(browser, ".alike summary .name") == ["60 instance"]
        assert browser.evaluate("document.querySelectorAll('.network[open]').length") == 1


# ── alone, and guarded ───────────────────────────────────────────────────────────────────


def test_one_file_needs_nothing_else(
    browser: Browser, shown: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "checked.html"
    file.write_text(standalone(shown), encoding="utf-8")
    opened(browser, file.as_uri())
    unfold(browser, 0)
    assert browser.evaluate("document.querySelectorAll('.front .leg.bad').length") == 2
    assert browser.evaluate("performance.getEntriesByType('resource').length") == 0
    assert browser.complaints == []


def test_the_page_asks_for_nothing_from_elsewhere(page: Browser, url: str) -> None:
    asked = page.evaluate("performance.getEntriesByType('resource').map((e) => e.name)")
    assert asked
    assert all(each.startswith(url) for each in asked)


def test_check_writes_the_page_as_a_file_without_what_is_sensitive(
    browser: Browser, tmp_path: Path
) -> None:
    ended = CliRunner().invoke(main, ["check", str(PLAN), "--format", "html"])
    assert ended.exit_code in (0, 1)
    assert "a-secret-nobody-may-see" not in ended.stdout
    file = tmp_path / "checked.html"
    file.write_text(ended.stdout, encoding="utf-8")
    opened(browser, file.as_uri())
    assert "module.orders.aws_db_instance.this" in drawn(browser)
    assert browser.complaints == []


def drawn(page: Browser) -> list[str]:
    found = page.evaluate("[...document.querySelectorAll('.thing')].map((e) => e.dataset.at)")
    return list(found)


def test_check_serves_its_page_until_it_is_interrupted(tmp_path: Path, browser: Browser) -> None:
    command = [sys.executable, "-m", "caisson.cli.main", "check", str(PLAN), "--console", "--json"]
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    try:
        assert running.stderr is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", running.stderr.readline())
        assert found is not None
        opened(browser, found[0])
        assert texts(browser, ".asked h3")
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=20)
        broken = any(each["verdict"] == "broken" for each in json.loads(out)["verdicts"])
        assert running.returncode == int(broken)
    finally:
        running.kill()
        running.wait()
