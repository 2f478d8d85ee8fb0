"""The promise board: each promise with its verdict, what it rests on, and how old that is.

Pure. A promise that a proof settles has the proof's verdict, at the fidelity `proof`. A
promise that must be measured is

- broken, when the proof is broken or any fresh measurement exceeds a limit (a later one that
  passes does not take that back: the promise says "at most");
- holding, when no proof contradicts it and every subject it speaks of has a fresh passing
  measurement of one and the same fidelity;
- otherwise not to be told, with what is lacking.

Stale measurements are shown and never counted; fidelities are never mixed.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from caisson.estate.model import Promise
from caisson.ledger.demands import Demand, demand_of
from caisson.ledger.evidence import Evidence, Fidelity
from caisson.ledger.wording import duration, sentence
from caisson.prove.model import Decision, Fact, Verdict
from caisson.state.json_text import Json
from caisson.topology.model import Topology

# Measured fidelities, nearest to reality first.
_TIERS = (Fidelity.REAL, Fidelity.CLOUD, Fidelity.REHEARSAL)
# Clocks of two machines may differ by so much before a measurement is called impossible.
_CLOCKS_DIFFER_S = 60.0


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """A measurement as the board shows it. `stale_because` is None while it is fresh."""

    evidence: Evidence
    age_s: float
    stale_because: str | None = None
    violations: tuple[str, ...] = ()
    unmeasured: str | None = None  # why it does not answer the promise

    @property
    def stale(self) -> bool:
        return self.stale_because is not None

    @property
    def passes(self) -> bool:
        return not (self.stale or self.violations or self.unmeasured)

    def to_json(self) -> dict[str, Json]:
        return {
            **self.evidence.to_json(),
            "age_s": self.age_s,
            "stale": self.stale,
            "stale_because": self.stale_because,
            "violations": list(self.violations),
            "unmeasured": self.unmeasured,
        }


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """`fidelity` is what the verdict rests on, None when it cannot be told.

    `stale`: a subject has been measured, but nothing of it is fresh any more.
    `evidence` has the newest first.
    """

    name: str
    sentence: str
    verdict: Decision
    fidelity: Fidelity | None
    why: tuple[str, ...]
    evidence: tuple[EvidenceRow, ...] = ()
    stale: bool = False

    def to_json(self) -> dict[str, Json]:
        return {
            "name": self.name,
            "sentence": self.sentence,
            "verdict": self.verdict.value,
            "fidelity": self.fidelity.value if self.fidelity else None,
            "why": list(self.why),
            "evidence": [row.to_json() for row in self.evidence],
            "stale": self.stale,
        }


@dataclass(frozen=True, slots=True)
class _Answer:
    verdict: Decision
    fidelity: Fidelity | None
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Now:
    topology: Topology
    fingerprint_of: Callable[[str], str]
    at: float


def board(
    promises: Iterable[Promise],
    verdicts: Iterable[Verdict],
    evidence: Iterable[Evidence],
    *,
    topology: Topology,
    fingerprint_now: Callable[[str], str],
    now: float,
) -> tuple[PromiseRow, ...]:
    """Judge each promise, in the order given.

    `verdicts` are the proofs on the topology as it is now; `fingerprint_now` gives the
    fingerprint of a subject as it is now; `now` is seconds since the epoch.
    """
    verdicts, evidence = tuple(verdicts), tuple(evidence)
    world = _Now(topology, fingerprint_now, now)
    return tuple(_judge(promise, verdicts, evidence, world) for promise in promises)


def _judge(
    promise: Promise, verdicts: Sequence[Verdict], evidence: Sequence[Evidence], world: _Now
) -> PromiseRow:
    proofs = [verdict for verdict in verdicts if verdict.promise == promise.name]
    demand = demand_of(promise, world.topology)
    if demand is None:
        return _row(promise, _proved(proofs))
    about = [one for one in evidence if promise.name in one.promises]
    measured = _measured(about, demand, world)
    answer = _shown(proofs, demand, measured)
    return _row(promise, answer, measured, stale=_outdated(demand, measured))


def board_to_json(rows: Iterable[PromiseRow]) -> dict[str, Json]:
    """Write the board as `caisson promises --json` shows it."""
    return {"promises": [row.to_json() for row in rows]}


def _row(
    promise: Promise,
    answer: _Answer,
    evidence: tuple[EvidenceRow, ...] = (),
    *,
    stale: bool = False,
) -> PromiseRow:
    return PromiseRow(
        promise.name,
        sentence(promise),
        answer.verdict,
        answer.fidelity,
        answer.why,
        evidence,
        stale,
    )


def _proved(proofs: Sequence[Verdict]) -> _Answer:
    """Join the proofs of a promise: one broken breaks it, all must hold for it to hold."""
    if not proofs:
        return _Answer(Decision.UNKNOWN, None, ("nothing was proved about it",))
    for decision in (Decision.BROKEN, Decision.UNKNOWN, Decision.HOLDS):
        deciding = [proof for proof in proofs if proof.decision is decision]
        if deciding:
            break
    fidelity = None if decision is Decision.UNKNOWN else Fidelity.PROOF
    return _Answer(decision, fidelity, tuple(_words_of(deciding)))


def _words_of(proofs: Iterable[Verdict]) -> Iterable[str]:
    for proof in proofs:
        for fact in (*proof.why, *proof.counterexample):
            yield _words_of_fact(fact)
        if proof.remedy:
            yield proof.remedy


def _words_of_fact(fact: Fact) -> str:
    return f"{fact.text} ({fact.source})" if fact.source else fact.text


def _measured(evidence: Iterable[Evidence], demand: Demand, world: _Now) -> tuple[EvidenceRow, ...]:
    newest_first = sorted(evidence, key=lambda one: one.at, reverse=True)
    return tuple(
        EvidenceRow(
            one,
            max(0.0, world.at - one.at),
            _staleness(one, demand, world),
            demand.violations(one),
            demand.unmeasured(one),
        )
        for one in newest_first
    )


def _staleness(evidence: Evidence, demand: Demand, world: _Now) -> str | None:
    age_s = world.at - evidence.at
    if age_s > demand.verified_every_s:
        every = duration(demand.verified_every_s)
        return f"older than the {every} within which it must be verified again"
    if age_s < -_CLOCKS_DIFFER_S:
        return "dated in the future"
    if evidence.fingerprint != world.fingerprint_of(evidence.subject):
        return f"{evidence.subject} has changed since"
    return None


def _shown(proofs: Sequence[Verdict], demand: Demand, rows: Sequence[EvidenceRow]) -> _Answer:
    proved = _proved(proofs)
    if proved.verdict is Decision.BROKEN:
        return proved
    counting = [row for row in rows if not row.stale and demand.counts(row.evidence.subject)]
    for tier in _TIERS:
        broken = [row for row in _of(tier, counting) if row.violations]
        if broken:
            return _Answer(Decision.BROKEN, tier, tuple(_words_of_violations(broken)))
    passing = {tier: _newest_passing(tier, counting, demand) for tier in _TIERS}
    for tier, by_subject in passing.items():
        if demand.subjects and len(by_subject) == len(demand.subjects):
            words = tuple(_words_of_pass(row, demand) for row in by_subject.values())
            return _Answer(Decision.HOLDS, tier, words)
    return _Answer(Decision.UNKNOWN, None, tuple(_words_of_lack(demand, rows, passing)))


def _of(tier: Fidelity, rows: Iterable[EvidenceRow]) -> list[EvidenceRow]:
    return [row for row in rows if row.evidence.fidelity is tier]


def _newest_passing(
    tier: Fidelity, rows: Iterable[EvidenceRow], demand: Demand
) -> dict[str, EvidenceRow]:
    """Return the newest passing measurement of each subject that has one; rows: newest first."""
    found: dict[str, EvidenceRow] = {}
    for row in _of(tier, rows):
        if row.passes and row.evidence.subject in demand.subjects:
            found.setdefault(row.evidence.subject, row)
    return dict(sorted(found.items()))


def _words_of_violations(rows: Iterable[EvidenceRow]) -> Iterable[str]:
    for row in rows:
        for violation in row.violations:
            yield f"{row.evidence.subject}: {violation} ({_origin(row)})"


def _words_of_pass(row: EvidenceRow, demand: Demand) -> str:
    figures = ((limit, row.evidence.figures.get(limit.figure)) for limit in demand.limits)
    compared = [
        f"{limit.words}: {limit.compared(measured)}"
        for limit, measured in figures
        if measured is not None
    ]
    return f"{row.evidence.subject}: {'; '.join(compared)} ({_origin(row)})"


def _origin(row: EvidenceRow) -> str:
    return f"{row.evidence.fidelity.value} {row.evidence.drill}, {duration(row.age_s)} ago"


def _words_of_lack(
    demand: Demand,
    rows: Sequence[EvidenceRow],
    passing: dict[Fidelity, dict[str, EvidenceRow]],
) -> Iterable[str]:
    """Say what is lacking at the fidelity that is nearest to complete."""
    if not demand.subjects:
        yield "the topology has nothing that could be measured for it"
    tier = max(_TIERS, key=lambda one: len(passing[one]))
    if passing[tier]:
        yield f"shown so far ({tier.value}): {', '.join(passing[tier])}"
    for subject in demand.subjects:
        if subject not in passing[tier]:
            yield f"{subject}: {_lack(subject, rows)}; {_how(demand, subject)}"


def _lack(subject: str, rows: Iterable[EvidenceRow]) -> str:
    for row in rows:
        if row.evidence.subject == subject and not row.passes:
            reason = row.stale_because or row.unmeasured
            return f"the newest measurement does not count ({reason})"
    return "not measured at this fidelity"


def _how(demand: Demand, subject: str) -> str:
    return "run: " + demand.how.format(subject=subject, place=subject.rpartition("/")[2])


def _outdated(demand: Demand, rows: Sequence[EvidenceRow]) -> bool:
    measured = {row.evidence.subject for row in rows}
    fresh = {row.evidence.subject for row in rows if not row.stale}
    return any(subject in measured - fresh for subject in demand.subjects)
