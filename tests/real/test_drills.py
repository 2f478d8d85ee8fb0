"""Drills through the command line on the reference estate: one environment, real servers.

Times are reported by drills, not asserted here; the figures of the issue are in benchmarks/.
"""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from estate_support import EstateHere, cleared, copy_of_workspace, until

HOME = "us-west"


def up(folder: Path, replication: str) -> EstateHere:
    estate = EstateHere(copy_of_workspace(folder))
    declared = estate.folder / "estate.yaml"
    declared.write_text(
        declared.read_text().replace("replication: async", f"replication: {replication}")
    )
    return estate


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EstateHere]:
    here = up(tmp_path_factory.mktemp("drills") / "workspace", "sync")
    with cleared(here):
        ended = here.caisson("up", "--detach", "--environment", "production")
        assert ended.code == 0, ended.said
        yield here


def drill(estate: EstateHere, fault: str, subject: str) -> dict[str, Any]:
    ended = estate.caisson("drill", fault, subject, "--json", within_s=240)
    assert ended.code == 0, ended.said
    return ended.json


BESIDE = ("backup", "restore")  # which begin by themselves, and wait for nobody


def at_home_and_well(estate: EstateHere) -> bool:
    snapshot = estate.snapshot()
    components = [c for site in snapshot["sites"] for c in site["components"]]
    return (
        all(c["state"] == "running" and c["role"] != "superseded" for c in components)
        and all(flow["state"] == "ok" for flow in snapshot["flows"])
        and all(o["state"] != "running" or o["verb"] in BESIDE for o in snapshot["operations"])
        and estate.serving("production") == {"us": HOME, "eu": "eu-central"}
        and set(estate.primaries().values()) == {HOME, "eu-central"}
    )


def expect_nothing_lost(report: dict[str, Any]) -> None:
    assert report["writes_acknowledged"] > 100
    assert report["writes_lost"] == 0
    assert report["rpo_s"] == 0
    assert report["other_sites_errors"] == 0
    assert report["rto_s"] is not None
    assert report["failback"]["writes_lost"] == 0
    assert report["failback"]["duplicates"] == 0


def test_losing_a_region_loses_nothing_that_was_acknowledged(estate: EstateHere) -> None:
    report = drill(estate, "lose-region", HOME)
    expect_nothing_lost(report)
    assert report["fault"] == "lose-region"
    assert report["subject"] == f"production/{HOME}"
    assert report["fidelity"] == "rehearsal"
    assert report["verdicts"][0]["verdict"] == "holds"
    names = [mark["name"] for mark in report["marks"]]
    assert names.index("fault") < names.index("detected") < names.index("fenced")
    assert names.index("fenced") < names.index("promoted")
    assert "<svg" in Path(report["report"]).read_text()
    assert at_home_and_well(estate)


def test_a_thawed_primary_accepts_nothing_and_rejoins(estate: EstateHere) -> None:
    report = drill(estate, "freeze-region", HOME)
    expect_nothing_lost(report)
    assert report["thawed_primary"]["attempts"] > 0
    assert report["thawed_primary"]["accepted"] == 0
    assert at_home_and_well(estate)


def test_losing_the_standby_region_stops_nobody(estate: EstateHere) -> None:
    report = drill(estate, "lose-region", "us-east")
    assert report["writes_lost"] == 0
    assert report["other_sites_errors"] == 0
    assert "failback" not in report
    verbs = [o["verb"] for o in estate.snapshot()["operations"][:8]]
    assert "detach" in verbs
    attached = [
        c["attached"]
        for c in estate.components().values()
        if c["system"] == "postgres" and c["role"] == "standby"
    ]
    assert attached == [True, True]


def test_a_killed_primary_is_brought_back_by_its_supervisor(estate: EstateHere) -> None:
    component = f"production/{HOME}/blocks"
    report = drill(estate, "kill", component)
    assert report["writes_lost"] == 0
    assert report["restarts"] >= 1
    assert at_home_and_well(estate)


def test_a_drill_that_is_killed_is_put_right_by_the_watchdog(estate: EstateHere) -> None:
    process = estate.begin("drill", "lose-region", HOME, "--json")
    until(
        "the standby region serves",
        lambda: estate.serving("production").get("us") == "us-east",
        within_s=30,
    )
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    until("the estate is as it was", lambda: at_home_and_well(estate), within_s=90)
    (latest, *_) = estate.snapshot()["drills"]
    until("it is recorded", lambda: estate.snapshot()["drills"][0]["state"] == "abandoned", 10)
    assert latest["subject"] == HOME


def promise_of(estate: EstateHere) -> dict[str, Any]:
    rows = estate.caisson("promises", "--json").json["promises"]
    return next(row for row in rows if row["name"] == "lose-a-region")


def measured(estate: EstateHere) -> set[str]:
    return {evidence["subject"] for evidence in promise_of(estate)["evidence"]}


def test_evidence_reaches_the_board_and_the_ledger(estate: EstateHere) -> None:
    for region in ("eu-central", HOME):
        if f"production/{region}" not in measured(estate):
            assert promise_of(estate)["verdict"] == "unknown"
            drill(estate, "lose-region", region)
    promise = promise_of(estate)
    assert promise["verdict"] == "holds", promise
    assert promise["fidelity"] == "rehearsal"
    assert estate.caisson("ledger", "verify").code == 0
    entries = estate.caisson("ledger", "--json").json["entries"]
    assert {"evidence", "event", "verdict"} <= {entry["kind"] for entry in entries}


def test_a_drill_is_refused_where_nothing_could_be_learnt(estate: EstateHere) -> None:
    refused = estate.caisson("drill", "lose-region", "atlantis")
    assert refused.code == 2
    assert "us-west" in refused.err
    assert estate.caisson("drill", "burn", HOME).code == 2


def test_a_failover_of_a_healthy_region_is_planned_shown_and_loses_nothing(
    estate: EstateHere,
) -> None:
    before = json.dumps(estate.primaries())
    planned = estate.caisson("failover", HOME, "--plan", "--json")
    assert planned.code == 0, planned.said
    steps = [step["name"] for step in planned.json["plan"]["steps"]]
    assert "let the last writes arrive" in steps
    assert json.dumps(estate.primaries()) == before
    assert estate.caisson("failover", HOME).code == 0
    assert estate.serving("production")["us"] == "us-east"
    time.sleep(1.0)
    back = estate.caisson("failback", HOME, "--json")
    assert back.code == 0, back.said
    assert back.json["state"] == "done"
    until("the estate is as it was", lambda: at_home_and_well(estate), within_s=60)
