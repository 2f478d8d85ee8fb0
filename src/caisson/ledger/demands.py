"""What a promise demands of measurements: of which subjects, with which limits, how often."""

from collections.abc import Iterator
from dataclasses import dataclass

from caisson.estate.model import LoseRegion, Promise, Restore
from caisson.ledger.evidence import Evidence
from caisson.ledger.wording import duration
from caisson.topology.model import Topology

# Where a promise has to be shown. An estate without it has to show every environment.
_PROMISED_ENVIRONMENT = "production"


@dataclass(frozen=True, slots=True)
class Limit:
    """A figure must be measured and be at most so much; `words` names it in a sentence."""

    figure: str
    at_most: float
    words: str

    def violation(self, evidence: Evidence) -> str | None:
        """How a measurement exceeds the limit; None when it does not, or did not measure it."""
        if self.figure not in evidence.figures:
            return None
        measured = evidence.figures[self.figure]
        if measured is None:
            return f"{self.words}: not before the measurement ended"
        # Written this way round, a figure that is no number exceeds every limit.
        return None if measured <= self.at_most else f"{self.words}: {self.compared(measured)}"

    def compared(self, measured: float) -> str:
        promised, shown = self._with_unit(self.at_most), self._with_unit(measured)
        if shown == promised and measured != self.at_most:
            shown = f"{measured:g} s"  # rounding would hide the difference
        return f"{shown}, promised {promised}"

    def _with_unit(self, value: float) -> str:
        return duration(value) if self.figure.endswith("_s") else f"{value:g}"


@dataclass(frozen=True, slots=True)
class Demand:
    """Each of `subjects` needs a passing measurement not older than `verified_every_s`.

    `environments` are those whose measurements count; `how` is the command that measures.
    """

    subjects: tuple[str, ...]
    environments: frozenset[str]
    limits: tuple[Limit, ...]
    verified_every_s: float
    how: str

    def violations(self, evidence: Evidence) -> tuple[str, ...]:
        found = (limit.violation(evidence) for limit in self.limits)
        return tuple(violation for violation in found if violation)

    def unmeasured(self, evidence: Evidence) -> str | None:
        """Why a measurement does not answer the promise, None when it does."""
        missing = [limit.figure for limit in self.limits if limit.figure not in evidence.figures]
        if missing:
            return f"did not measure {', '.join(missing)}"
        if evidence.figures.get("writes_acknowledged", 1) == 0:
            return "no write was acknowledged, so none could be lost"
        return None

    def counts(self, subject: str) -> bool:
        return subject.partition("/")[0] in self.environments


def demand_of(promise: Promise, topology: Topology) -> Demand | None:
    """Return what a promise demands of measurements; None when a proof alone settles it."""
    match promise:
        case LoseRegion():
            return _demand_of_losing_a_region(promise, topology)
        case Restore():
            return _demand_of_restoring(promise, topology)
        case _:
            return None


def _demand_of_losing_a_region(promise: LoseRegion, topology: Topology) -> Demand:
    """Any region may be lost; the ones that hold primaries are those whose loss is felt."""
    environments = _promised_environments(topology)
    homes = {
        component.site
        for replica_set in topology.replica_sets
        for component in topology.components
        if component.id == replica_set.primary and component.environment in environments
    }
    limits: tuple[Limit, ...] = (
        Limit("rto_s", promise.rto, "service back after"),
        Limit("rpo_s", promise.rpo, "data lost"),
    )
    if promise.rpo == 0:
        limits = (*limits, Limit("writes_lost", 0, "acknowledged writes lost"))
    return Demand(
        tuple(sorted(homes)),
        environments,
        limits,
        promise.verified_every,
        "caisson drill lose-region {place}",
    )


def _demand_of_restoring(promise: Restore, topology: Topology) -> Demand:
    environments = _promised_environments(topology)
    replica_sets = sorted(
        replica_set.id
        for replica_set in topology.replica_sets
        if replica_set.store == promise.restore and replica_set.environment in environments
    )
    return Demand(
        tuple(replica_sets),
        environments,
        tuple(_limits_of_restoring(promise)),
        promise.verified_every,
        "caisson restore {subject}",
    )


def _limits_of_restoring(promise: Restore) -> Iterator[Limit]:
    yield Limit("restore_s", promise.within, "restored after")
    if promise.rpo is not None:
        yield Limit("rpo_s", promise.rpo, "data missing")


def _promised_environments(topology: Topology) -> frozenset[str]:
    present = frozenset(site.environment for site in topology.sites)
    promised = frozenset((_PROMISED_ENVIRONMENT,))
    return present & promised or present
