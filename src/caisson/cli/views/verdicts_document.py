"""Verdicts as the JSON document of the contract; `docs/check-output.schema.json` describes it."""

from typing import Any

from caisson.cli.checked import Checked, Report
from caisson.cli.views.certificates import plain
from caisson.estate.accepted import Acceptance
from caisson.prove.changes import Change
from caisson.prove.coverage import coverage
from caisson.prove.model import Fact, Verdict


def verdicts_document(report: Report) -> dict[str, Any]:
    """Return `caisson check --json`."""
    covered = coverage(one.topology for one in report.checked)
    document: dict[str, Any] = {
        "verdicts": [_verdict(report, one, verdict) for one, verdict in report.findings()],
        "coverage": {
            "resources": covered.resources,
            "understood": covered.understood,
            "ignored": dict(covered.ignored),
        },
        "promises_from": "defaults" if any(one.defaults for one in report.checked) else "file",
        "read": [_read(one) for one in report.checked],
    }
    if report.weighed is not None:
        document["baseline"] = {
            "accepted": report.accepted,
            "expired": [_acceptance(each) for each in report.weighed.expired],
            "idle": [_acceptance(each) for each in report.weighed.idle],
        }
    if report.changes is not None:
        document["changes"] = [_change(each) for each in report.changes]
    return document


def _read(one: Checked) -> dict[str, Any]:
    return {"name": one.name, "files": list(one.documents), "sources": list(one.folders)}


def _verdict(report: Report, one: Checked, verdict: Verdict) -> dict[str, Any]:
    acceptance = report.acceptance(one, verdict)
    return {
        "estate": one.name,
        "promise": verdict.promise,
        "subject": verdict.subject,
        "verdict": verdict.decision.value,
        "why": [_fact(fact) for fact in verdict.why],
        "counterexample": [_fact(fact) for fact in verdict.counterexample],
        "source": str(verdict.source) if verdict.source else None,
        "remedy": verdict.remedy,
        "fingerprint": one.fingerprint(verdict),
        "accepted": _acceptance(acceptance) if acceptance else None,
        "certificate": plain(verdict.certificate),
    }


def _fact(fact: Fact) -> dict[str, str | None]:
    return {"text": fact.text, "source": str(fact.source) if fact.source else None}


def _acceptance(each: Acceptance) -> dict[str, str]:
    return {
        "promise": each.promise,
        "subject": each.subject,
        "fingerprint": each.fingerprint,
        "reason": each.reason,
        "owner": each.owner,
        "expires": each.expires.isoformat(),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "promise": change.promise,
        "direction": change.direction.value,
        "before": change.before.value if change.before else None,
        "after": change.after.value if change.after else None,
        "worse": [each.subject for each in change.worse],
        "mended": change.mended,
    }
