"""The estate as one JSON document: for the console, for `status`, for whoever waits."""

import hashlib
import time
from dataclasses import asdict
from typing import Any

from caisson.controller.backups import Backups
from caisson.controller.drills import Drill, Drills
from caisson.controller.events import Events
from caisson.controller.observer import Observer, Sight
from caisson.controller.standing import standing
from caisson.estate.model import Estate
from caisson.execute.world import World
from caisson.ledger.board import PromiseRow
from caisson.plan.model import ReplicaSetState
from caisson.state.journal import Journal, Operation
from caisson.targets.local import procfs
from caisson.targets.local.wire import ProcessState
from caisson.topology.model import Component, Flow, FlowKind, Site

_OPERATIONS = 30
_FIGURES = ("rto_s", "rpo_s", "restore_s", "writes_lost")


class Snapshots:
    """`state` is starting, up or stopping."""

    def __init__(
        self,
        world: World,
        observer: Observer,
        journal: Journal,
        drills: Drills,
        backups: Backups,
        events: Events,
    ) -> None:
        self._world = world
        self._observer = observer
        self._journal = journal
        self._drills = drills
        self._backups = backups
        self._events = events
        self.state = "starting"

    def document(self, promises: list[PromiseRow], url: str) -> dict[str, Any]:
        processes = {p.id: p for p in self._world.supervisor.processes()}
        states = {s.replica_set: s for s in self._observer.states()}
        sites = [self._site(site, processes, states) for site in self._world.topology.sites]
        return {
            "estate": self._world.topology.estate,
            "target": "local",
            "declared": digest(self._world.estate),
            "state": self.state,
            "now": time.time(),
            "console": url,
            "environments": sorted({s.environment for s in self._world.topology.sites}),
            "jurisdictions": [
                {"name": name, "home": j.home, "standby": j.standby}
                for name, j in self._world.estate.jurisdictions.items()
            ],
            "sites": sites,
            "flows": [self._flow(f) for f in self._world.topology.flows if _shown(f)],
            "promises": [_promise(row) for row in promises],
            "operations": [operation_document(o) for o in self._journal.operations(_OPERATIONS)],
            "backups": self._backups.seen(),
            "drills": [_drill(d) for d in self._drills.all()],
            "events": [asdict(event) for event in self._events.latest()],
        }

    def _site(
        self, site: Site, processes: dict[str, ProcessState], states: dict[str, ReplicaSetState]
    ) -> dict[str, Any]:
        components = [
            self._component(c, processes.get(c.id), states)
            for c in self._world.index.components_of[site.id]
        ]
        return {
            "environment": site.environment,
            "region": site.region,
            "jurisdiction": site.jurisdiction,
            "state": _site_state([c["state"] for c in components]),
            "serves": self._serves(site),
            "components": components,
        }

    def _serves(self, site: Site) -> bool:
        if site.jurisdiction is None:
            return True
        home = self._world.estate.jurisdictions[site.jurisdiction].home
        routed = self._world.directory.routed_region(site.environment, site.jurisdiction)
        return (routed or home) == site.region

    def _component(
        self,
        component: Component,
        process: ProcessState | None,
        states: dict[str, ReplicaSetState],
    ) -> dict[str, Any]:
        seen = self._observer.sight(component.id)
        document: dict[str, Any] = {
            "id": component.id,
            "name": component.name,
            "system": component.system,
            "kind": component.kind.value,
            "role": component.role.value,
            "state": _state_of(process, seen),
            "address": str(component.address),
            "lag_bytes": None,
            "lag_s": None,
            "generation": None,
            "restarts": process.restarts if process else 0,
            "pid": process.pid if process else None,
        }
        replica_set = self._world.index.replica_set_of.get(component.id)
        if replica_set is not None and replica_set.id in states:
            document |= _membership(states[replica_set.id], component.id)
        return document

    def _flow(self, flow: Flow) -> dict[str, Any]:
        source, target = self._observer.sight(flow.source), self._observer.sight(flow.target)
        replica_set = self._world.index.replica_set_of[flow.target]
        primary = self._world.directory.primary_of(replica_set.id) or replica_set.primary
        standby = flow.target if primary == flow.source else flow.source
        follows = self._observer.sight(standby)
        lag_bytes, lag_s = self._observer.lag(replica_set, standby, primary)
        well = source.answers and target.answers and follows.streaming and not follows.primary
        return {
            "source": primary,
            "target": standby,
            "kind": "replication",
            "state": "ok" if well else "broken",
            "lag_bytes": lag_bytes,
            "lag_s": round(lag_s, 3),
        }


def digest(estate: Estate) -> str:
    """Tells whether two declarations say the same."""
    return hashlib.sha256(estate.model_dump_json().encode()).hexdigest()


def _promise(row: PromiseRow) -> dict[str, Any]:
    """Without ages: a reader has a clock, and what only ages has not changed."""
    document: dict[str, Any] = row.to_json()
    for evidence in document["evidence"]:
        del evidence["age_s"]
    return document


def _shown(flow: Flow) -> bool:
    return flow.kind is FlowKind.REPLICATION


def _site_state(components: list[str]) -> str:
    if all(state == "running" for state in components):
        return "healthy"
    for whole in ("lost", "frozen", "stopped", "starting"):
        if all(state == whole for state in components):
            return "lost" if whole == "frozen" else whole
    return "degraded"


def _state_of(process: ProcessState | None, seen: Sight) -> str:
    started_at = process.started_at if process else None
    alive_s = procfs.age_s(started_at) if started_at is not None else 0.0
    return standing(process, seen, alive_s, time.monotonic())


def _membership(state: ReplicaSetState, component: str) -> dict[str, Any]:
    member = state.member(component)
    return {
        "role": member.role if member.role != "unknown" else "standby",
        "generation": state.generation if component == (state.holder or state.primary) else None,
        "lag_bytes": member.lag_bytes if component != state.primary else None,
        "lag_s": None if member.lag_s is None else round(member.lag_s, 3),
        "attached": member.attached,
    }


def operation_document(operation: Operation) -> dict[str, Any]:
    return {
        "operation": operation.id,
        "id": operation.id,
        "verb": operation.verb,
        "subject": operation.subject,
        "state": operation.state.value,
        "started_at": operation.started_at,
        "ended_at": operation.ended_at,
        "measurements": dict(operation.measurements),
        "steps": [
            {
                "name": step.name,
                "state": step.state.value,
                "started_at": step.started_at,
                "ended_at": step.ended_at,
                "detail": step.detail,
            }
            for step in operation.steps
        ],
    }


def _drill(drill: Drill) -> dict[str, Any]:
    result = drill.result or {}
    return {
        "id": drill.id,
        "fault": drill.fault,
        "subject": drill.subject,
        "at": drill.at,
        "state": drill.state,
        **{key: result[key] for key in _FIGURES if key in result},
    }
