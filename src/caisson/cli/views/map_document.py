"""A checked plan or estate as the one document that the page of `--console` draws.

    {"checks": [{"name", "defaults", "promises": [...], "verdicts": [...], "map": {...},
                 "coverage": {...}, "gaps": [...]}]}

    map       {"by": "account" or "environment", "accounts": [{"name", "regions": [region]}],
               "things": {id: thing}, "lines": [{"from", "to", "kind", "says"}]}
    region    {"name", "jurisdictions", "resources", "networks": [network], "things": [id],
               "folded": {type: count}}
    network   {"id", "name", "cidrs", "described", "gateways": [{"id", "kind", "name"}],
               "lanes": [{"name", "subnets", "zones", "cidrs", "public", "things": [id]}]}

A lane is a set of subnets with the things that stand in them. Everything is in words or ids;
values that the plan marks as sensitive are not in a topology and so cannot be here.
"""

from typing import Any

from caisson.cli.checked import Checked, Report
from caisson.cli.views.map_paths import Path, Paths
from caisson.cli.views.map_places import Atlas
from caisson.cli.views.map_regions import accounts
from caisson.cli.views.map_things import lines, things
from caisson.ledger.wording import sentence
from caisson.prove.coverage import coverage
from caisson.prove.model import Fact, Verdict
from caisson.topology.resources import Gap

_Json = dict[str, Any]


def map_document(report: Report) -> _Json:
    """Return the document; its size grows with the things, the verdicts and what they name."""
    return {"checks": [_check(one, report) for one in report.checked]}


def _check(one: Checked, report: Report) -> _Json:
    atlas = Atlas(one.topology)
    paths = Paths(atlas)
    covered = coverage([one.topology])
    return {
        "name": one.name,
        "defaults": one.defaults,
        "promises": [{"name": each.name, "sentence": sentence(each)} for each in one.promises],
        "verdicts": [
            _verdict(each, paths.of(each))
            | {"at": atlas.anchor(each.subject), "accepted": _accepted(report, one, each)}
            for each in one.verdicts
        ],
        "map": {
            "by": "environment" if one.topology.components else "account",
            "accounts": accounts(atlas),
            "things": things(atlas),
            "lines": lines(atlas),
        },
        "coverage": {
            "resources": covered.resources,
            "understood": covered.understood,
            "neutral": covered.neutral,
            "ignored": dict(covered.ignored),
        },
        "gaps": [_gap(each, atlas) for each in one.topology.gaps],
    }


def _accepted(report: Report, one: Checked, verdict: Verdict) -> str | None:
    """Return why a finding is borne, and until when."""
    found = report.acceptance(one, verdict)
    return f"{found.reason} ({found.owner}, until {found.expires})" if found else None


def _verdict(verdict: Verdict, path: Path) -> _Json:
    return {
        "promise": verdict.promise,
        "subject": verdict.subject,
        "verdict": verdict.decision.value,
        "why": [_fact(each) for each in verdict.why],
        "counterexample": [_fact(each) for each in verdict.counterexample],
        "remedy": verdict.remedy,
        "source": str(verdict.source) if verdict.source else None,
        "legs": [{"from": leg.source, "to": leg.target, "says": leg.says} for leg in path.legs],
        "involved": list(path.involved),
    }


def _fact(fact: Fact) -> _Json:
    return {"text": fact.text, "source": str(fact.source) if fact.source else None}


def _gap(gap: Gap, atlas: Atlas) -> _Json:
    return {
        "what": gap.what,
        "resource": gap.resource,
        "type": gap.type,
        "questions": sorted(gap.questions),
        "source": str(gap.source),
        "at": next(filter(None, map(atlas.anchor, (gap.resource, *gap.about))), None),
    }
