"""Performs what plans say about switching a Postgres store to a restored copy, and back.

No data is deleted on the way: what a member had lies beside afterwards. What is put in a
member's place begins a timeline that nobody else has, or the archive would refuse its WAL.
"""

import time
from contextlib import suppress
from pathlib import Path

from caisson.execute.copies import PostgresCopies
from caisson.execute.errors import GivenUp
from caisson.execute.laid_aside import (
    Beside,
    Facts,
    facts_of,
    forget_facts,
    holds_data,
    nothing_to_archive,
    timeline_of,
    write_facts,
)
from caisson.execute.postgres import PostgresMembers
from caisson.execute.repositories import Repositories
from caisson.execute.world import wait_for
from caisson.plan.lineage import Turn
from caisson.systems.pgbackrest.answers import read_listing
from caisson.systems.postgres import timelines
from caisson.systems.postgres.session import PostgresError
from caisson.targets.local.layout import write_private

_STOP_S = 60.0  # a fast shutdown makes a checkpoint and archives what is left
_ARCHIVED_S = 60.0
_RECOVERED_S = 60.0


class PostgresAdoption:
    """Every method may be repeated, and goes on from wherever it was interrupted."""

    def __init__(
        self, repositories: Repositories, postgres: PostgresMembers, copies: PostgresCopies
    ) -> None:
        self._repositories = repositories
        self._postgres = postgres
        self._copies = copies
        self._world = repositories.world

    def beside(self, member: str) -> Beside:
        return Beside(self._world.layout.data(member))

    def lay_beside(self, member: str, place: str) -> str:
        """Stop a copy and move its data to the member's; it can be adopted from there as well."""
        beside = self.beside(member)
        target = beside.under(place)
        if holds_data(target):
            return "lies there already"
        source = self._copies.stop(place)
        if not holds_data(source):
            raise GivenUp(f"the copy {place} is gone: restore it again")
        nothing_to_archive(source)
        write_facts(source, Facts(time.time()))
        beside.move(source, target)
        self._copies.discard(place)
        return f"{place} lies beside {member}"

    def foresee(self, replica_set: str, member: str, name: str) -> str:
        """Note which timelines are taken, and that of a copy as taken in the archive as well.

        A gap in the archive's timelines would hide those beyond it from a restore.
        """
        beside = self.beside(member)
        folder = beside.under(name)
        if not folder.exists():
            return "was put in place already"
        own, facts = timeline_of(folder), facts_of(folder)
        taken = max(self._archived(replica_set, member), timeline_of(beside.data))
        if own > taken:
            self._push_history(replica_set, member, folder, own)
        write_facts(folder, Facts(facts.at, max(taken, own)))
        return f"the archive has {taken} timelines, {name} is on {own}"

    def set_aside(self, member: str, aside: str) -> str:
        """Stop a member and move its data away."""
        beside = self.beside(member)
        target = beside.under(aside)
        if holds_data(target):
            return "was set aside already"
        self._end_with_a_commit(member)
        self._stop(member)
        if not holds_data(beside.data):
            return "has no data"
        write_facts(beside.data, Facts(time.time(), timeline_of(beside.data)))
        beside.move(beside.data, target)
        return f"lies as {aside}"

    def exchange(self, member: str, incoming: str, aside: str) -> str:
        beside = self.beside(member)
        source = beside.under(incoming)
        if not holds_data(source):
            if holds_data(beside.under(aside)):
                return "was exchanged already"
            raise GivenUp(f"{member}: nothing lies beside it as {incoming}")
        said = self.set_aside(member, aside)
        self._stop(member)  # a controller that came up in between has started it
        self._put_in_place(beside, source, facts_of(beside.under(aside)).taken)
        return said

    def put_back(self, member: str, aside: str, incoming: str | None) -> str:
        beside = self.beside(member)
        source = beside.under(aside)
        if not holds_data(source):
            return "was not set aside"
        self._stop(member)
        taken = facts_of(beside.under(incoming)).taken if incoming else 1
        if holds_data(beside.data):
            if incoming is None:
                raise GivenUp(f"{member} has other data by now; the former lies as {aside}")
            taken = max(taken, timeline_of(beside.data))
            write_facts(beside.data, Facts(time.time(), taken))
            beside.move(beside.data, beside.under(incoming))
        self._put_in_place(beside, source, taken)
        return "is back"

    def begin_timeline(self, member: str) -> str:
        """Start the member and wait until its short recovery has ended."""
        self._postgres.start(member)
        with self._postgres.session(member, "postgres", 5.0) as session:
            wait_for(
                f"{member} ends its recovery",
                lambda: session.query("SELECT pg_is_in_recovery()") == [("f",)] or None,
                _RECOVERED_S,
            )
            session.query("ALTER SYSTEM RESET ALL")  # what the recovery needed
            session.query("SELECT pg_reload_conf()")
        return f"timeline {timeline_of(self.beside(member).data)}"

    def record_turn(self, replica_set: str, member: str, incoming: str, aside: str) -> str:
        folder = self.beside(member).under(aside)
        at = facts_of(folder).at or time.time()
        turn = Turn(at, timeline_of(folder), incoming, aside)
        self._world.directory.turns.add(replica_set, turn)
        return f"left timeline {turn.left}"

    def drop(self, member: str, name: str) -> str:
        """Delete what lies beside."""
        folder = self.beside(member).under(name)
        if not folder.exists():
            return "nothing lies there"
        self.beside(member).delete(name)
        return "deleted"

    # -- parts ----------------------------------------------------------------------------

    def _stop(self, member: str) -> None:
        if any(each.id == member for each in self._world.supervisor.processes()):
            self._world.supervisor.stop(member, _STOP_S)

    @staticmethod
    def _put_in_place(beside: Beside, source: Path, taken: int) -> None:
        """Make the data ready for its start, then make it the member's."""
        beside.clear()
        facts = facts_of(source)
        if not (source / timelines.STANDBY_SIGNAL).exists():
            own = timeline_of(source)
            beside.fill_in(source, timelines.between(own, max(taken, facts.taken)))
            write_private(source / "postgresql.auto.conf", timelines.recovery(own))
            (source / timelines.RECOVERY_SIGNAL).touch()
            (source / "caisson.initialised").touch()
        forget_facts(source)
        beside.move(source, beside.data)

    def _archived(self, replica_set: str, member: str) -> int:
        """The newest timeline in the archive; the history comes there before any WAL does."""
        commands = self._repositories.of_member(member)
        archives = read_listing(self._repositories.ask(replica_set, commands.histories()))
        return max((timeline for it in archives for timeline in it.histories), default=1)

    def _push_history(self, replica_set: str, member: str, folder: Path, timeline: int) -> None:
        conf = self._world.layout.conf(member) / "beside"
        commands = self._repositories.of_copy(replica_set, conf, folder)
        path = folder / "pg_wal" / timelines.history(timeline)
        region = self._world.component(member).region
        self._repositories.run(region, replica_set, commands.archive_push(str(path)), _ARCHIVED_S)

    def _end_with_a_commit(self, member: str) -> None:
        """Every moment before it can be restored: a recovery to a time has to see one after it."""
        with suppress(PostgresError), self._postgres.session(member, "postgres", 2.0) as session:
            if session.query("SELECT pg_is_in_recovery()") == [("f",)]:
                session.query("SELECT pg_logical_emit_message(true, 'caisson', '')")
