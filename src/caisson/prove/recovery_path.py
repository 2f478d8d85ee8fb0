"""The recovery path of a declared store: where everything lies that a restore needs.

    backups, their list, inventory ── in a repository ── lost with the region that it is in
    their key ── beside Caisson's state ── lost with the machine that operates the estate

What the loss of one place takes together is a shared fate. It breaks a promise about that place,
and no other.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from caisson.prove.model import Fact
from caisson.topology.backups import STATE, BackedUp, Repository
from caisson.topology.model import ReplicaSet, Source, Topology


@dataclass(frozen=True, slots=True)
class RecoveryPath:
    """How one replica set is backed up, and into what."""

    replica_set: ReplicaSet
    backed_up: BackedUp
    repository: Repository
    state: Source | None  # where it stands to which estate Caisson's state belongs

    def where(self) -> Iterator[Fact]:
        """Say where backups, the list of them, their key and the tool's state lie.

        The state is no part of what a restore needs: `caisson restore --from` does without.
        """
        there = self.repository
        kept = there.url or f"the folder {there.folder} beside Caisson's state"
        text = f"the backups of {self.replica_set.id} lie in {there.resource}, in {there.region}"
        yield Fact(f"{text}: {kept}, with the list of what can be restored", there.source)
        yield Fact(
            f"their key, {there.key}, and Caisson's state lie on the machine that operates the "
            "estate, in none of its regions",
            self.state,
        )
        yield Fact(
            f"the repository's inventory and {there.key} are enough for `caisson restore --from` "
            "on a machine that has nothing else",
            there.source,
        )

    def fates(self) -> Iterator[Fact]:
        """Say of each region that has one of them whether its loss takes data and backups."""
        for region in dict.fromkeys((*self.data_in, self.repository.region)):
            takes = f"the loss of {region} takes"
            data, backups = self.data_in == (region,), self.repository.region == region
            source = self.repository.source if backups else self.replica_set.source
            if data and backups:
                text = f"{takes} all of {self.replica_set.id} and its backups: a shared fate"
            elif backups:
                text = f"{takes} the backups of {self.replica_set.id}, and not all of its data"
            elif data:
                text = f"{takes} all of {self.replica_set.id}, and not its backups"
            else:
                text = f"{takes} a copy of {self.replica_set.id}, and not its backups"
            yield Fact(text, source)

    @property
    def data_in(self) -> tuple[str, ...]:
        """The regions in which the store has a copy."""
        return tuple(dict.fromkeys(each.split("/")[1] for each in self.replica_set.members))

    def machine(self) -> Fact:
        """Say what the loss of the machine takes, which nothing that is declared can tell."""
        there = self.repository
        taken = f"the key {there.key} and Caisson's state"
        if there.location is None or "://" not in there.location:
            taken = f"{taken}, and the repository, which is a folder of it"
            text = f"whether anything is kept off that machine, whose loss takes {taken}"
        else:
            text = f"whether a copy of the key is kept off that machine, whose loss takes {taken}"
        copy = f"`caisson key {there.id} FILE` makes a copy of the key"
        return Fact(f"{text}, is not declared; {copy}", there.source)


def recovery_path(topology: Topology, replica_set: str) -> RecoveryPath | None:
    """Return that of a replica set; None when it has no backups."""
    backed_up = next((each for each in topology.backed_up if each.id == replica_set), None)
    if backed_up is None:
        return None
    (found,) = (each for each in topology.replica_sets if each.id == replica_set)
    (there,) = (each for each in topology.repositories if each.id == backed_up.repository)
    state = next((each.source for each in topology.resources if each.id == STATE), None)
    return RecoveryPath(found, backed_up, there, state)
