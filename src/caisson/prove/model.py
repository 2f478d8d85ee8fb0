"""Verdicts: what proving says about a promise, with the reason shown."""

from dataclasses import dataclass
from enum import StrEnum

from caisson.prove.certificate import Certificate
from caisson.topology.model import Source


class Decision(StrEnum):
    """Three values; `unknown` is shown to people as "cannot tell" and never rounded up."""

    HOLDS = "holds"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Fact:
    """One link of a derivation: a sentence and where it comes from."""

    text: str
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided of a promise, about `subject`.

    `counterexample` is filled when broken; `remedy` says what to change, or when unknown,
    what would settle it. `certificate` lets somebody else confirm the decision. `open` are those
    of `why` that keep an answer from being told.
    """

    promise: str
    subject: str
    decision: Decision
    why: tuple[Fact, ...]
    counterexample: tuple[Fact, ...] = ()
    remedy: str | None = None
    source: Source | None = None
    certificate: Certificate | None = None
    open: tuple[Fact, ...] = ()
