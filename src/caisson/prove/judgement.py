"""How facts become a verdict: one counterexample breaks, one open question leaves it open."""

from collections.abc import Iterable

from caisson.prove.certificate import Certificate
from caisson.prove.model import Decision, Fact, Verdict
from caisson.topology.model import Component, Flow, FlowKind, Source

_SPANS = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"))


def judged(
    promise: str,
    subject: str,
    source: Source,
    *,
    why: Iterable[Fact],
    against: Iterable[Fact] = (),
    open_questions: Iterable[Fact] = (),
    remedy: str,
    certificate: Certificate | None = None,
) -> Verdict:
    """Return the verdict on `subject`; `remedy` is left out when the promise holds.

    `against` are counterexamples, `open_questions` what the topology does not answer.
    """
    counterexample, unanswered = tuple(against), tuple(open_questions)
    if counterexample:
        decision = Decision.BROKEN
    else:
        decision = Decision.UNKNOWN if unanswered else Decision.HOLDS
    return Verdict(
        promise=promise,
        subject=subject,
        decision=decision,
        why=(*why, *unanswered),
        counterexample=counterexample,
        remedy=None if decision is Decision.HOLDS else remedy,
        source=source,
        certificate=certificate,
        open=unanswered if decision is Decision.UNKNOWN else (),
    )


def matches_nothing(promise: str, subject: str, source: Source, text: str, remedy: str) -> Verdict:
    """Return the verdict on a promise about what is not there: unknown, for nothing was tested."""
    return judged(promise, subject, source, why=(), open_questions=[Fact(text)], remedy=remedy)


def flow_fact(flow: Flow) -> Fact:
    """Say what a flow does, and where it was declared."""
    if flow.kind is FlowKind.REPLICATION:
        return Fact(f"{flow.source} replicates to {flow.target}", flow.declared)
    rights = f" with the credential {flow.credential}" if flow.credential else ""
    return Fact(f"{flow.source} sends requests to {flow.target}{rights}", flow.declared)


def place(component: Component) -> str:
    """Say where a component is: `production/us-east/blocks, in us`."""
    return f"{component.id}, in {component.jurisdiction or 'no jurisdiction'}"


def span(seconds: float) -> str:
    """Say a time in its largest whole unit: `35 d`, `90 min`, `5 s`."""
    for length, unit in _SPANS:
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:g} {unit}"
    return f"{seconds:g} s"
