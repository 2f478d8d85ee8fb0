"""The report of a drill as one JSON document: what `--json` prints and the page draws. Pure
but for the clocks that `Marks` reads.
"""

import time
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from caisson.drill import measure
from caisson.drill.measure import Sample
from caisson.drill.model import Order
from caisson.drill.probe import PATIENCE_S, Writer
from caisson.drill.stale import StaleWriters
from caisson.estate.model import LoseRegion

# Steps of a failover by the first word of their name, and what the picture calls their end.
_STEP_MARKS = {"claim": "detected", "fence": "fenced", "promote": "promoted"}


@dataclass
class Marks:
    """Named moments on the monotonic clock, which can be tied to the wall clock."""

    began: float = field(default_factory=time.monotonic)
    began_wall: float = field(default_factory=time.time)
    named: list[tuple[str, float]] = field(default_factory=list)

    def add(self, name: str) -> None:
        self.named.append((name, time.monotonic()))

    def at(self, name: str) -> float:
        return next(moment for known, moment in self.named if known == name)

    def has(self, name: str) -> bool:
        return any(known == name for known, _ in self.named)

    def from_wall(self, wall: float) -> float:
        return self.began + wall - self.began_wall


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen besides the probe: operations until the return, failbacks, stale writes."""

    operations: list[dict[str, Any]]
    failbacks: tuple[dict[str, Any], ...]
    stale: tuple[StaleWriters, ...]
    final: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Group:
    """One writer's outcome."""

    tenants: tuple[str, ...]
    samples: tuple[Sample, ...]
    lost: tuple[Sample, ...]
    duplicates: int

    @property
    def acknowledged(self) -> int:
        return sum(s.acknowledged for s in self.samples)

    @property
    def errors(self) -> int:
        return len(self.samples) - self.acknowledged

    def document(self) -> dict[str, Any]:
        return {
            "tenants": list(self.tenants),
            "writes_acknowledged": self.acknowledged,
            "writes_lost": len(self.lost),
            "errors": self.errors,
            "duplicates": self.duplicates,
        }


def report(
    order: Order,
    drill: str,
    marks: Marks,
    writers: tuple[Writer, ...],
    present: list[tuple[set[str], int]],
    seen: Seen,
) -> dict[str, Any]:
    """Everything about one drill, ready for JSON."""
    groups = [
        _Group(
            tuple(writer.tenants),
            tuple(writer.samples),
            tuple(measure.lost(writer.samples, found)),
            duplicates,
        )
        for writer, (found, duplicates) in zip(writers, present, strict=True)
    ]
    struck, others = groups[0], groups[1] if len(groups) > 1 else None
    fault_at = marks.at("fault")
    everything_lost = [sample for group in groups for sample in group.lost]
    figures: dict[str, Any] = {
        "rto_s": _rounded(measure.rto(struck.samples, fault_at)),
        "rpo_s": _rounded(measure.rpo(everything_lost, fault_at)),
        "writes_acknowledged": sum(group.acknowledged for group in groups),
        "writes_lost": len(everything_lost),
        "errors": struck.errors,
        "other_sites_errors": others.errors if others else 0,
    }
    document: dict[str, Any] = {
        "id": drill,
        "fault": order.fault,
        "subject": order.subject
        if order.fault == "kill"
        else f"{order.environment}/{order.subject}",
        "started_at": marks.began_wall,
        "replication": order.replication,
        **figures,
        "fidelity": "rehearsal",
        "lost_region": struck.document(),
        **({"others": others.document()} if others else {}),
        **_failback(marks, struck),
        **_stale(seen.stale),
        "marks": _marks(order, marks, figures["rto_s"], seen.operations),
        "timeline": _timeline(marks, groups),
        "steps": _steps(order, marks, seen),
        "verdicts": [_verdict(promise, figures) for promise in order.promises],
        "method": _method(order),
    }
    if order.fault == "kill":
        document["restarts"] = _restarts(order.subject, seen.final)
    return document


def _failback(marks: Marks, struck: _Group) -> dict[str, Any]:
    if not marks.has("failback"):
        return {}
    began, ended = marks.at("failback"), marks.at("home")
    waits = measure.longest_wait(struck.samples, began, ended)
    during = [s for s in struck.samples if began <= s.started_at <= ended]
    lost = {s.id for s in struck.lost}
    return {
        "failback": {
            "seconds": _rounded(ended - began),
            "writes_acknowledged": sum(s.acknowledged for s in during),
            "errors": sum(not s.acknowledged for s in during),
            "writes_lost": sum(s.id in lost for s in during),
            "duplicates": struck.duplicates,
            "max_wait_s": _rounded(max(waits.values(), default=0.0)),
            "median_wait_s": _rounded(median(waits.values()) if waits else 0.0),
        }
    }


def _stale(stale: tuple[StaleWriters, ...]) -> dict[str, Any]:
    if not stale:
        return {}
    return {
        "thawed_primary": {
            "attempts": sum(each.attempts for each in stale),
            "accepted": sum(each.accepted for each in stale),
        }
    }


def _marks(
    order: Order, marks: Marks, rto_s: float | None, operations: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    named = list(marks.named)
    for operation in _during(order, marks, operations, "failover"):
        for step in operation["steps"]:
            word = str(step["name"]).split(" ", 1)[0]
            if word in _STEP_MARKS and step["ended_at"]:
                at = step["started_at"] if word == "claim" else step["ended_at"]
                named.append((_STEP_MARKS[word], marks.from_wall(at)))
    if rto_s is not None:
        named.append(("restored", marks.at("fault") + rto_s))
    return [
        {"at_s": round(at - marks.began, 3), "name": name}
        for name, at in sorted(named, key=lambda mark: mark[1])
    ]


def _steps(order: Order, marks: Marks, seen: Seen) -> list[dict[str, Any]]:
    own = [f for f in seen.failbacks if f["subject"].startswith(f"{order.environment}/")]
    operations = [
        *_during(order, marks, seen.operations, "failover"),
        *_during(order, marks, seen.operations, "detach"),
        *_during(order, marks, seen.operations, "rejoin"),
        *own,
    ]
    return [
        {
            "name": step["name"],
            "at_s": round(marks.from_wall(step["started_at"]) - marks.began, 3),
            "seconds": round(step["ended_at"] - step["started_at"], 3),
            "detail": step["detail"],
        }
        for operation in operations
        for step in operation["steps"]
        if step["ended_at"]
    ]


def _during(
    order: Order, marks: Marks, operations: list[dict[str, Any]], verb: str
) -> list[dict[str, Any]]:
    return [
        operation
        for operation in reversed(operations)
        if operation["verb"] == verb
        and str(operation["subject"]).split("/", 1)[0] == order.environment
        and operation["started_at"] >= marks.began_wall
    ]


def _timeline(marks: Marks, groups: list[_Group]) -> dict[str, Any]:
    ended = max((s.ended_at for group in groups for s in group.samples), default=marks.began)
    lines = [measure.timeline(group.samples, marks.began, ended) for group in groups]
    named = zip(("lost_region", "others"), lines, strict=False)
    return {"step_s": measure.STEP_S} | {
        name: {"acknowledged": list(line.acknowledged), "errors": list(line.errors)}
        for name, line in named
    }


def _verdict(promise: LoseRegion, figures: dict[str, Any]) -> dict[str, Any]:
    """Whether this one measurement is within the promise; the board judges the promise itself."""
    why, kept = [], True
    for name, limit in (("rto", promise.rto), ("rpo", promise.rpo)):
        measured = figures[f"{name}_s"]
        within = measured is not None and measured <= limit
        kept = kept and within
        shown = "not reached" if measured is None else f"{measured:g} s"
        why.append(f"{name} {shown} {'≤' if within else 'is more than'} {limit:g} s")
    return {"promise": promise.name, "verdict": "holds" if kept else "broken", "why": why}


def _restarts(component: str, snapshot: dict[str, Any]) -> int:
    return next(
        int(each["restarts"])
        for site in snapshot["sites"]
        for each in site["components"]
        if each["id"] == component
    )


def _method(order: Order) -> list[str]:
    return [
        f"A probe wrote through the public edge {order.edge} like a user,"
        f" {order.per_second:g} times a second for the struck jurisdiction and as often for"
        " the others, whatever became of earlier writes.",
        f"A write that was not acknowledged within {PATIENCE_S:g} s counts as an error.",
        "Every acknowledged write was remembered; afterwards all of them were asked for"
        " through the edge, and those missing were counted as lost.",
        "The controller was not told of the fault: it had to notice. Detection is in the RTO.",
        "All regions ran on this one machine: it is a rehearsal, distances are not real.",
    ]


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
