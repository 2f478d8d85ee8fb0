"""Writing the file of accepted findings, for somebody to fill in why they are accepted."""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from caisson.cli.checked import Checked
from caisson.estate.accepted import Acceptance
from caisson.prove.model import Decision, Verdict

USUAL_NAME = "caisson-baseline.yaml"
_DAYS = 90
_HEAD = """\
# Findings that are accepted until the day that each of them names. Whoever adds one writes why,
# and who answers for it: `caisson check --baseline` refuses an entry without these.
"""


@dataclass(frozen=True, slots=True)
class Written:
    """The file's text; `empty` of its entries have no reason or no owner."""

    text: str
    entries: int
    empty: int


def written(
    checked: Iterable[Checked],
    known: Collection[Acceptance],
    today: date,
    decisions: Collection[Decision] = (Decision.BROKEN,),
) -> Written:
    """Return the baseline of all that has one of `decisions`; what is known of it is kept."""
    before = {each.fingerprint: each for each in known}
    found = {
        one.fingerprint(verdict): verdict
        for one in checked
        for verdict in one.verdicts
        if verdict.decision in decisions
    }
    entries = [
        before.get(print_) or _new(verdict, print_, today) for print_, verdict in found.items()
    ]
    lines = [line for each in entries for line in _entry(each)]
    empty = sum(not each.reason or not each.owner for each in entries)
    return Written(
        f"{_HEAD}accepted:{'' if lines else ' []'}\n{''.join(lines)}", len(entries), empty
    )


def _new(verdict: Verdict, fingerprint: str, today: date) -> Acceptance:
    source = verdict.source
    if source is None:
        raise ValueError(f"{verdict.promise} was promised nowhere")
    ends = today + timedelta(days=_DAYS)
    return Acceptance(verdict.promise, verdict.subject, fingerprint, "", "", ends, source)


def _entry(each: Acceptance) -> Iterator[str]:
    # A text of JSON is one of YAML.
    yield f"  - promise: {each.promise}\n"
    yield f"    subject: {json.dumps(each.subject, ensure_ascii=False)}\n"
    yield f'    fingerprint: "{each.fingerprint}"\n'
    yield f"    reason: {json.dumps(each.reason, ensure_ascii=False)}\n"
    yield f"    owner: {json.dumps(each.owner, ensure_ascii=False)}\n"
    yield f"    expires: {each.expires.isoformat()}\n"
