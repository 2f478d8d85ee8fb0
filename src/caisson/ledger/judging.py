"""The board as it is now: proofs on a topology joined with what the ledger holds."""

from collections.abc import Iterable

from caisson.estate.model import Promise
from caisson.ledger.board import PromiseRow, board
from caisson.ledger.evidence import Evidence
from caisson.ledger.fingerprint import fingerprint
from caisson.prove.model import Verdict
from caisson.topology.model import Topology


def judge(
    promises: Iterable[Promise],
    verdicts: Iterable[Verdict],
    evidence: Iterable[Evidence],
    topology: Topology,
    now: float,
) -> tuple[PromiseRow, ...]:
    """Judge each promise on `topology` as it is; `now` is seconds since the epoch."""
    return board(
        promises,
        verdicts,
        evidence,
        topology=topology,
        fingerprint_now=lambda subject: fingerprint(topology, subject),
        now=now,
    )
