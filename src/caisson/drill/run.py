"""A drill from beginning to end: write, break, watch, undo, return home, count.

It acts only through the estate's controller and its public edge. When it is killed, the
fault's lease ends and the controller puts the estate back by itself.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import aiohttp

from caisson.drill import measure
from caisson.drill.document import Marks, Seen, report
from caisson.drill.model import Estate, Order, Tick
from caisson.drill.probe import Writer
from caisson.drill.stale import StaleWriters
from caisson.state.writes import Run as WritesLedger

BASELINE_S = 2.0
_AFTERWARDS_S = 3.5
_RECOVER_S = 60.0
_RETURN_S = 90.0
_RENEW_S = 1.0
# Verbs that go on beside everything else: a drill is held all the same, and waits for none.
_BESIDE = frozenset({"backup", "restore"})


class Tell(Protocol):
    """Whom the drill tells what happens."""

    def say(self, text: str) -> None:
        """A sentence about the drill."""

    def tick(self, tick: Tick) -> None:
        """What the probe saw in the last second; called every second."""


class DrillRefused(Exception):  # noqa: N818 - a refusal is an answer
    """The estate is not in a state from which anything could be learnt."""


class DrillFailed(Exception):  # noqa: N818
    """The drill could not be carried through; the controller restores the estate."""


@dataclass
class _Run:
    estate: Estate
    order: Order
    tell: Tell
    writers: tuple[Writer, ...]
    stale: tuple[StaleWriters, ...]
    marks: Marks = field(default_factory=Marks)
    drill: str = ""
    ledger: WritesLedger | None = None


async def run(estate: Estate, order: Order, tell: Tell) -> dict[str, Any]:
    """Carry out a drill and return its report. Raises DrillRefused or DrillFailed."""
    _expect_well(estate.snapshot(), order.environment)
    writers = tuple(
        Writer(order.edge, order.probe, tenants, order.per_second)
        for tenants in (order.struck, order.others)
        if tenants
    )
    stale = tuple(StaleWriters(primary) for primary in order.old_primaries)
    this = _Run(estate, order, tell, writers, stale)
    this.drill = await _call(estate.begin, order.fault, order.subject)
    renewing = asyncio.create_task(_renew(this))
    _open_ledger(this)
    try:
        return await _with_probe(this)
    finally:
        renewing.cancel()
        if this.ledger is not None:
            this.ledger.close()
        for each in stale:
            each.close()


async def _with_probe(this: _Run) -> dict[str, Any]:
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(
        timeout=timeout, connector=aiohttp.TCPConnector(limit=0)
    ) as session:
        for writer in this.writers:
            await writer.prepare(session)
        tasks = [asyncio.create_task(writer.write(session)) for writer in this.writers]
        ticking = asyncio.create_task(_tick(this))
        try:
            seen = await _break_and_return(this)
        finally:
            ticking.cancel()
            for writer in this.writers:
                writer.stop()
            await asyncio.gather(*tasks)
        this.tell.say("counting what was acknowledged against what is there")
        present = [await writer.present(session) for writer in this.writers]
    _close_ledger(this, [ids for ids, _ in present])
    result = report(this.order, this.drill, this.marks, this.writers, present, seen)
    await _call(this.estate.end, this.drill, result, _evidence(this.order, result))
    return result


def _open_ledger(this: _Run) -> None:
    """What is acknowledged from here on is remembered beyond the drill."""
    if this.order.writes is not None:
        name = f"{this.marks.began_wall:.0f}-{this.drill}"
        this.ledger = WritesLedger(this.order.writes, name)
        for writer in this.writers:
            writer.ledger = this.ledger


def _close_ledger(this: _Run, present: list[set[str]]) -> None:
    """Say which writes the estate itself has lost: no backup of it can have them."""
    if this.ledger is None:
        return
    this.ledger.counted(
        [
            each.id
            for writer, found in zip(this.writers, present, strict=True)
            for each in measure.lost(writer.samples, found)
        ]
    )
    if this.ledger.failure:
        this.tell.say(f"the writes ledger is not whole: {this.ledger.failure}")


async def _break_and_return(this: _Run) -> Seen:
    await asyncio.sleep(BASELINE_S)
    _expect_baseline(this.writers)
    for each in this.stale:
        await asyncio.to_thread(each.begin)
    this.tell.say(f"{this.order.fault} {this.order.subject}")
    this.marks.add("fault")
    if this.ledger is not None:
        this.ledger.struck()
    await _call(this.estate.strike, this.drill)
    recovered = await _recovered(this)
    this.tell.say(
        f"service is back after {recovered:.2f} s" if recovered is not None else "not back"
    )
    await _undo(this)
    operations = await _returned(this)
    this.marks.add("returned")
    failbacks = [await _fail_back(this, *place) for place in _away(await _look(this))]
    await asyncio.sleep(_AFTERWARDS_S)
    await _wait_until(this, _all_well, "everything is well again")
    final = await _look(this)
    return Seen(operations, tuple(failbacks), tuple(this.stale), final)


async def _undo(this: _Run) -> None:
    """End the fault; a frozen region is tried for writes the moment it thaws."""
    await _call(this.estate.undo, this.drill)
    this.marks.add("thawed" if this.stale else "fault undone")
    if this.stale:
        await asyncio.gather(*(asyncio.to_thread(each.attempt) for each in this.stale))
        accepted = sum(each.accepted for each in this.stale)
        this.tell.say(f"the thawed primary accepted {accepted} writes")


async def _recovered(this: _Run) -> float | None:
    """Watch until service is restored; None when it was not within a minute."""
    fault_at = this.marks.at("fault")
    until = fault_at + _RECOVER_S
    struck = this.writers[0]
    while time.monotonic() < until:
        await asyncio.sleep(0.1)
        found = measure.rto(struck.samples, fault_at)
        if found is not None:
            return found
    return None


async def _returned(this: _Run) -> list[dict[str, Any]]:
    """Wait until every component answers and every standby follows; the operations until then."""
    await _wait_until(this, _all_well, f"{this.order.subject} returns and rejoins")
    this.tell.say("everything answers, every standby follows")
    return list((await _look(this))["operations"])


async def _fail_back(this: _Run, environment: str, home: str) -> dict[str, Any]:
    this.tell.say(f"failing back to {home} ({environment})")
    if environment == this.order.environment:
        this.marks.add("failback")
    operation = await _call(this.estate.failback, environment, home)
    if environment == this.order.environment:
        this.marks.add("home")
    if operation["state"] != "done":
        raise DrillFailed(f"failback to {home}: {operation['measurements']}")
    return dict(operation)


async def _wait_until(
    this: _Run, condition: Callable[[dict[str, Any]], str | None], what: str
) -> None:
    deadline = time.monotonic() + _RETURN_S
    while (problem := condition(await _look(this))) is not None:
        if time.monotonic() > deadline:
            raise DrillFailed(f"{what}: not within {_RETURN_S:g} s: {problem}")
        await asyncio.sleep(0.2)


async def _renew(this: _Run) -> None:
    while True:
        await asyncio.sleep(_RENEW_S)
        await _call(this.estate.renew, this.drill)


async def _tick(this: _Run) -> None:
    """Tell every second what the groups saw."""
    names = [_name(this.order.struck), _name(this.order.others)]
    told = [0 for _ in this.writers]
    while True:
        await asyncio.sleep(1.0)
        groups = []
        for number, writer in enumerate(this.writers):
            new = writer.samples[told[number] :]
            told[number] += len(new)
            good = sum(sample.acknowledged for sample in new)
            groups.append((names[number], good, len(new) - good, this.order.per_second))
        this.tell.tick(Tick(tuple(groups)))


def _name(tenants: tuple[str, ...]) -> str:
    return f"{tenants[0]}+{len(tenants) - 1}" if len(tenants) > 1 else "".join(tenants)


async def _look(this: _Run) -> dict[str, Any]:
    return dict(await _call(this.estate.snapshot))


async def _call(function: Callable[..., Any], *arguments: Any) -> Any:
    """Orders block; the probe must not."""
    return await asyncio.to_thread(function, *arguments)


def _expect_well(snapshot: dict[str, Any], environment: str) -> None:
    problem = _all_well(snapshot)
    if problem is not None:
        raise DrillRefused(f"the estate is not well: {problem}; nothing could be learnt")
    if not any(site["environment"] == environment for site in snapshot["sites"]):
        raise DrillRefused(f"{environment} is not up")
    if away := _away(snapshot):
        places = ", ".join(f"{home} ({name})" for name, home in away)
        raise DrillRefused(f"primaries are away from {places}; run `caisson failback` first")


def _expect_baseline(writers: tuple[Writer, ...]) -> None:
    for writer in writers:
        bad = [s for s in writer.samples if not s.acknowledged]
        if bad or not writer.samples:
            tenants = ", ".join(writer.tenants)
            raise DrillRefused(
                f"{len(bad)} of {len(writer.samples)} writes of {tenants} failed before the fault"
            )


def _all_well(snapshot: dict[str, Any]) -> str | None:
    """None when every component runs and every standby follows, else what is not well."""
    for site in snapshot["sites"]:
        for component in site["components"]:
            if component["state"] != "running":
                return f"{component['id']} is {component['state']}"
            if component["role"] == "superseded":
                return f"{component['id']} has not rejoined"
    for flow in snapshot["flows"]:
        if flow["state"] != "ok":
            return f"{flow['target']} does not follow {flow['source']}"
    for operation in snapshot["operations"]:
        if operation["state"] == "running" and operation["verb"] not in _BESIDE:
            return f"{operation['id']} is under way"
    return None


def _away(snapshot: dict[str, Any]) -> list[tuple[str, str]]:
    """(environment, home region) of each jurisdiction that is served from elsewhere."""
    homes = {j["name"]: j["home"] for j in snapshot["jurisdictions"]}
    return sorted(
        (site["environment"], site["region"])
        for site in snapshot["sites"]
        if homes.get(site["jurisdiction"]) == site["region"] and not site["serves"]
    )


def _evidence(order: Order, result: dict[str, Any]) -> list[dict[str, Any]]:
    """A kill of one component says nothing about the loss of a region."""
    if order.fault == "kill":
        return []
    figures = ("rto_s", "rpo_s", "writes_acknowledged", "writes_lost", "errors")
    return [
        {
            "at": result["started_at"],
            "method": f"drill {order.fault}",
            "subject": result["subject"],
            "promises": [promise.name for promise in order.promises],
            "figures": {name: result[name] for name in figures}
            | {"other_sites_errors": result["other_sites_errors"]},
            "fidelity": "rehearsal",
            "drill": result["id"],
            "report": f"/drills/{result['id']}",
        }
    ]
