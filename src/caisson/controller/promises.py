"""The promises of the running estate: proofs on its topology joined with what was measured."""

import threading
import time
from typing import Any

from caisson.estate.loading import Loaded
from caisson.ledger.board import PromiseRow
from caisson.ledger.chain import Kind
from caisson.ledger.evidence import Evidence, evidence_from_json
from caisson.ledger.fingerprint import fingerprint
from caisson.ledger.judging import judge
from caisson.ledger.ledger import Ledger
from caisson.prove.check import prove
from caisson.prove.model import Verdict
from caisson.state.journal import Operation
from caisson.state.json_text import JsonObject
from caisson.topology.model import Topology


class Promises:
    """Thread-safe. `board` is cheap to call often: only what was added is read again."""

    def __init__(self, loaded: Loaded, topology: Topology, ledger: Ledger) -> None:
        self._estate = loaded.estate
        self._topology = topology
        self.ledger = ledger
        self.verdicts: tuple[Verdict, ...] = prove(loaded.estate, loaded.sources, topology)
        self._evidence: list[Evidence] = []
        self._read_until = 0
        self._lock = threading.Lock()

    def board(self) -> list[PromiseRow]:
        evidence = self._known_evidence()
        rows = judge(self._estate.promises, self.verdicts, evidence, self._topology, time.time())
        return list(rows)

    def _known_evidence(self) -> tuple[Evidence, ...]:
        with self._lock:
            for entry in self.ledger.entries(Kind.EVIDENCE, self._read_until):
                self._evidence.append(evidence_from_json(entry.body))
                self._read_until = entry.seq
            return tuple(self._evidence)

    def fingerprint(self, subject: str) -> str:
        return fingerprint(self._topology, subject)

    def record_evidence(self, evidence: Evidence) -> None:
        self.ledger.append(Kind.EVIDENCE, evidence.to_json(), time.time())

    def newest_evidence(self, method: str, subject: str) -> Evidence | None:
        """What was measured last of a subject by a method, if anything was."""
        known = [e for e in self._known_evidence() if (e.method, e.subject) == (method, subject)]
        return max(known, key=lambda each: each.at, default=None)

    def record_operation(self, operation: Operation) -> None:
        """An operation that has ended is an event of the estate's history."""
        body: JsonObject = {
            "text": f"{operation.id} of {operation.subject}: {operation.state.value}",
            "operation": operation.id,
            "verb": operation.verb,
            "subject": operation.subject,
            "state": operation.state.value,
            **operation.measurements,
        }
        self.ledger.append(Kind.EVENT, body, time.time())

    def record_proofs(self) -> None:
        """Write down each proof that is not already the last one written about its subject."""
        last: dict[tuple[object, object], object] = {
            (e.body.get("promise"), e.body.get("subject")): e.body.get("verdict")
            for e in self.ledger.entries(Kind.VERDICT)
        }
        for verdict in self.verdicts:
            key = (verdict.promise, verdict.subject)
            if last.get(key) != verdict.decision.value:
                self.ledger.append(Kind.VERDICT, _body(verdict), time.time())


def _body(verdict: Verdict) -> dict[str, Any]:
    return {
        "promise": verdict.promise,
        "subject": verdict.subject,
        "verdict": verdict.decision.value,
        "why": [
            f"{fact.text} ({fact.source})" if fact.source else fact.text for fact in verdict.why
        ],
    }
