"""Verdicts as SARIF 2.1.0, for code scanning. What holds is no result."""

from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from caisson.cli.checked import Checked, Report
from caisson.estate.accepted import Acceptance
from caisson.estate.model import (
    Encrypted,
    Isolation,
    Lose,
    LoseRegion,
    OpenToInternet,
    Promise,
    Public,
    Reach,
    Residency,
    Restore,
    Same,
)
from caisson.ledger.wording import sentence
from caisson.prove.model import Decision, Fact, Verdict
from caisson.topology.model import Source

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {Decision.BROKEN: "error", Decision.UNKNOWN: "note"}
_RULES = {
    "lose-region": "After the loss of any one region, service and data are back within limits.",
    "residency": "The data of a jurisdiction's tenants rests where it was promised to.",
    "isolation": "Two environments share no flow, credential, store or address.",
    "reach": "Only the named services can open a store.",
    "restore": "A store can be restored within the promised time.",
    "lose": "Data survives the loss of a zone, region, account or store.",
    "open-to-internet": "Only the promised ports are open to the internet.",
    "encrypted": "Data is encrypted at rest and in transit.",
    "public": "No store can be read by everybody.",
    "same": "Two environments are the same in what matters.",
}
_RULE_OF: tuple[tuple[type[Promise], str], ...] = (
    (LoseRegion, "lose-region"),
    (Residency, "residency"),
    (Isolation, "isolation"),
    (Reach, "reach"),
    (Restore, "restore"),
    (Lose, "lose"),
    (OpenToInternet, "open-to-internet"),
    (Encrypted, "encrypted"),
    (Public, "public"),
    (Same, "same"),
)


def sarif_log(report: Report) -> dict[str, Any]:
    """Return the log of one run; a result for each verdict that is broken or cannot be told."""
    driver = {
        "name": "caisson",
        "version": version("caisson"),
        "rules": [
            {"id": rule, "shortDescription": {"text": text}, "help": {"text": text}}
            for rule, text in _RULES.items()
        ],
    }
    results = [
        _result(one, verdict, report.acceptance(one, verdict))
        for one, verdict in report.findings()
        if verdict.decision in _LEVELS
    ]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(one: Checked, verdict: Verdict, acceptance: Acceptance | None) -> dict[str, Any]:
    promise = one.promise(verdict.promise)
    rule = _rule(promise)
    result: dict[str, Any] = {
        "ruleId": rule,
        "ruleIndex": list(_RULES).index(rule),
        "level": _LEVELS[verdict.decision],
        "message": {"text": _message(promise, verdict)},
        "locations": [
            {
                **_place(_where(one, verdict)),
                "logicalLocations": [{"fullyQualifiedName": verdict.subject}],
            }
        ],
        "partialFingerprints": {"caissonVerdict/v1": one.fingerprint(verdict)},
    }
    if facts := (*verdict.why, *verdict.counterexample):
        steps = [_step(one, fact) for fact in facts]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    if acceptance is not None:
        said = f"{acceptance.reason} ({acceptance.owner}, until {acceptance.expires})"
        suppression = {"kind": "external", "status": "accepted", "justification": said}
        result["suppressions"] = [suppression]
    return result


def _where(one: Checked, verdict: Verdict) -> Source | None:
    """Return where to look: at the promise in an estate, at what breaks it in Terraform."""
    if not one.documents and not one.folders:
        return verdict.source
    facts = (*verdict.counterexample, *verdict.why)
    named = (fact.source for fact in facts if fact.source and not _is_document(one, fact.source))
    return next(named, Source(one.documents[0], 1) if one.documents else None)


def _is_document(one: Checked, source: Source) -> bool:
    return source.file in one.documents


def _rule(promise: Promise) -> str:
    return next(rule for kind, rule in _RULE_OF if isinstance(promise, kind))


def _message(promise: Promise, verdict: Verdict) -> str:
    said = "is broken" if verdict.decision is Decision.BROKEN else "cannot be told"
    deciding = verdict.counterexample or verdict.why[-1:]
    parts = (
        f"{promise.name} {said} for {verdict.subject}: {sentence(promise)}",
        *(fact.text for fact in deciding),
        *([f"To do: {verdict.remedy}"] if verdict.remedy else []),
    )
    return "\n".join(parts)


def _step(one: Checked, fact: Fact) -> dict[str, Any]:
    source = fact.source or (Source(one.documents[0], 1) if one.documents else None)
    return {"location": {**_place(source), "message": {"text": fact.text}}}


def _place(source: Source | None) -> dict[str, Any]:
    if source is None:
        return {}
    region = {"startLine": source.line, "startColumn": source.column}
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(source.file)}, "region": region}}


def _uri(file: str) -> str:
    """Relative to the current folder where it can be, as code scanning wants it."""
    path = Path(file)
    if path.is_absolute() and not path.is_relative_to(Path.cwd()):
        return path.as_uri()
    relative = path.relative_to(Path.cwd()) if path.is_absolute() else path
    return quote(relative.as_posix())
