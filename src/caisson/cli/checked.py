"""What `caisson check` has found, as its views are given it."""

from collections.abc import Iterator
from dataclasses import dataclass

from caisson.estate.accepted import Acceptance
from caisson.estate.model import Promise
from caisson.prove.acceptance import Weighed, fingerprint
from caisson.prove.changes import Change
from caisson.prove.model import Decision, Verdict
from caisson.topology.model import Topology


@dataclass(frozen=True, slots=True)
class Checked:
    """An estate, or somebody's Terraform, with what was proved of it.

    `documents` are the files of Terraform that were read, `folders` those of the configuration
    beside them; both are empty for an estate. `defaults`: nobody wrote these promises, they are
    Caisson's own. `label` tells it from what is checked beside it. `roots` are the names of
    several roots of Terraform that were read as one estate.
    """

    name: str
    topology: Topology
    promises: tuple[Promise, ...]
    verdicts: tuple[Verdict, ...]
    defaults: bool = False
    documents: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    label: str = ""
    roots: tuple[str, ...] = ()

    def promise(self, name: str) -> Promise:
        return next(promise for promise in self.promises if promise.name == name)

    def fingerprint(self, verdict: Verdict) -> str:
        return fingerprint(verdict, self.label)


@dataclass(frozen=True, slots=True)
class Report:
    """All that was checked, what a baseline does to it, and how it differs from `before`."""

    checked: tuple[Checked, ...]
    weighed: Weighed | None = None
    changes: tuple[Change, ...] | None = None
    before: str = ""

    def findings(self) -> Iterator[tuple[Checked, Verdict]]:
        for one in self.checked:
            for verdict in one.verdicts:
                yield one, verdict

    def acceptance(self, one: Checked, verdict: Verdict) -> Acceptance | None:
        """Return why a verdict is borne; None when it counts."""
        if self.weighed is None:
            return None
        return self.weighed.accepted.get(one.fingerprint(verdict))

    def decisions(self) -> list[Decision]:
        """Return what was decided, without what is accepted."""
        return [
            verdict.decision
            for one, verdict in self.findings()
            if self.acceptance(one, verdict) is None
        ]

    @property
    def accepted(self) -> int:
        return len(self.weighed.accepted) if self.weighed else 0
