"""Compares a restored copy with the writes ledger. Pure.

A write that was acknowledged before the moment up to which the copy goes has to be there, and
one that was begun after the moment that was asked for must not be. What was acknowledged later
and is missing from the newest restore is what a disaster would have cost.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from caisson.execute.answers import Answer, Lack
from caisson.execute.extent import Extent
from caisson.state.writes import Recorded, Write
from caisson.topology.backups import Writes

# The probe must have been writing when the recovery ended for its silence to mean anything.
_WROTE_UNTIL_S = 10.0


@dataclass(frozen=True, slots=True)
class Due:
    """What a question about writes is decided by.

    `recovered_at` is when the copy read the archive for the last time, or a moment later.
    Of `doubtful` writes nobody knows whether the estate itself had lost them.
    """

    question: Writes
    extent: Extent
    recovered_at: float
    sure: tuple[Write, ...]
    doubtful: tuple[Write, ...]

    @property
    def pages(self) -> list[tuple[str, str]]:
        """Tenant and page of everything that was written."""
        return sorted({(each.tenant, each.page) for each in (*self.sure, *self.doubtful)})


def due_of(
    question: Writes,
    runs: Sequence[Recorded],
    since: Mapping[str, float],
    extent: Extent,
    recovered_at: float,
) -> Due | Answer:
    """What is to be looked for, or why the question cannot be asked.

    `since` has each tenant that is at home here, with when its data was last set back on purpose
    (seconds since the epoch, 0 for never): what it had written by then is nobody's loss.
    """
    if extent.whole_until is None:
        return Answer(question, not_asked="nobody can tell up to which moment the copy goes")
    sure = _of(since, [run for run in runs if not run.doubtful])
    if not any(each.acknowledged_at < extent.whole_until for each in sure):
        until = _written(extent.whole_until)
        why = f"the ledger has no write that was acknowledged by {until}; run a drill before"
        return Answer(question, not_asked=why)
    doubtful = _of(since, [run for run in runs if run.doubtful])
    return Due(question, extent, recovered_at, tuple(sure), tuple(doubtful))


def _of(since: Mapping[str, float], runs: Sequence[Recorded]) -> list[Write]:
    """What backups may be expected to have, of the tenants that are at home here."""
    return [
        write
        for run in runs
        for write in run.writes
        if write.tenant in since
        and write.begun_at > since[write.tenant]
        and write.id not in run.lost
    ]


def judged(due: Due, present: Collection[str]) -> Answer:
    """`present` are the ids that the copy has of the ledger's pages."""
    answer = Answer(due.question)
    if wrong := list(_wrong(due, present)):
        return replace(answer, wrong=f"{due.question}: {'; '.join(wrong)}")
    if unsure := _missing(due, due.doubtful, present):
        why = (
            f"{len(unsure)} are missing that a drill wrote which never counted what it had lost"
            f" itself, such as {_example(unsure)}"
        )
        return replace(answer, not_asked=why)
    return replace(answer, lack=_lack(due, present) if due.extent.newest else None)


def _wrong(due: Due, present: Collection[str]) -> Iterator[str]:
    if missing := _missing(due, due.sure, present):
        yield (
            f"{len(missing)} of {len(_demanded(due, due.sure))} that were acknowledged by then are"
            f" missing, such as {_example(missing)}"
        )
    after = due.extent.nothing_after
    if after is None:
        return
    everything = (*due.sure, *due.doubtful)
    if early := [each for each in everything if each.begun_at > after and each.id in present]:
        yield f"{len(early)} are there that were begun later, such as {_example(early)}"


def _demanded(due: Due, writes: Sequence[Write]) -> list[Write]:
    until = due.extent.whole_until or 0.0
    return [each for each in writes if each.acknowledged_at < until]


def _missing(due: Due, writes: Sequence[Write], present: Collection[str]) -> list[Write]:
    return [each for each in _demanded(due, writes) if each.id not in present]


def _lack(due: Due, present: Collection[str]) -> Lack:
    """What a disaster would have cost in the moment in which the archive was read last.

    Where nothing is missing, what the probe did not try since counts as missing.
    """
    tried = [w for w in (*due.sure, *due.doubtful) if w.acknowledged_at <= due.recovered_at]
    missing = [each for each in tried if each.id not in present]
    known_until = min(
        (each.acknowledged_at for each in missing),
        default=max((each.acknowledged_at for each in tried), default=0.0),
    )
    rpo_s = due.recovered_at - known_until
    measured = bool(missing) or rpo_s <= _WROTE_UNTIL_S
    if not set(due.doubtful).isdisjoint(missing):
        measured = False  # the estate itself may have lost them
    return Lack(len(tried), len(missing), round(rpo_s, 3) if measured else None)


def _example(writes: Sequence[Write]) -> str:
    first = min(writes, key=lambda each: each.acknowledged_at)
    return (
        f"{first.id} on page {first.page} of {first.tenant},"
        f" acknowledged at {_written(first.acknowledged_at)}"
    )


def _written(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(sep=" ", timespec="milliseconds")
