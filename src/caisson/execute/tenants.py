"""Performs what plans say about single tenants: their rows replaced in a running primary.

A batch of tenants is one transaction: each of them is wholly as it was, or wholly as it is to be,
whoever is killed. Who was done is recorded in the same transaction, so that nobody is done twice,
and with him what he wrote since.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from caisson.execute.copies import PostgresCopies
from caisson.execute.errors import GivenUp, StepError
from caisson.execute.postgres import PostgresMembers
from caisson.execute.world import World, wait_for
from caisson.plan.tenants import Reached
from caisson.systems.postgres import filling, tenants
from caisson.systems.postgres.filling import Filling, NotReplaced
from caisson.systems.postgres.replacing import Replaced, Replacement
from caisson.systems.postgres.session import PostgresError, Session
from caisson.systems.postgres.tables import Table, tables_of

_BATCH = 100  # tenants in one transaction
_PRIMARY_S = 30.0
_CONNECT_S = 2.0

Fill = Callable[[Filling, tuple[str, ...]], None]


@dataclass(frozen=True, slots=True)
class _Order:
    """What comes in place of what: `undoes` names what was kept, None for the rows of a copy."""

    replica_set: str
    shard: int
    tenants: tuple[str, ...]
    kept: str
    undoes: str | None = None


class PostgresTenants:
    """Every method may be repeated: tenants that were done are passed over."""

    def __init__(self, world: World, postgres: PostgresMembers, copies: PostgresCopies) -> None:
        self._world = world
        self._postgres = postgres
        self._copies = copies

    def merge(self, replica_set: str, place: str, shard: int, names: str, kept: str) -> str:
        """Put the rows that a copy has of these tenants in place of those that they have."""
        order = _Order(replica_set, shard, tuple(names.split(",")), kept)
        schema, column = f"shard_{shard}", self.column(replica_set)
        with self._copies.session(replica_set, place) as copy, self.primary(replica_set) as here:

            def fill(each: Filling, batch: tuple[str, ...]) -> None:
                rows = filling.reading(each, schema, column, batch)
                here.copy_in(
                    f"COPY {each.staged} ({each.named}) FROM STDIN",
                    copy.copy_out(f"COPY ({rows}) TO STDOUT"),
                )

            return self._replace(order, here, tables_of(copy, schema), fill)

    def revert(self, replica_set: str, shard: int, names: str, undoes: str, kept: str) -> str:
        """Put back what was kept of these tenants when they were restored."""
        order = _Order(replica_set, shard, tuple(names.split(",")), kept, undoes)
        schema, column = tenants.kept_in(undoes, shard), self.column(replica_set)
        with self.primary(replica_set) as here:

            def fill(each: Filling, batch: tuple[str, ...]) -> None:
                rows = filling.reading(each, schema, column, batch)
                here.query(f"INSERT INTO {each.staged} ({each.named}) {rows}", timeout_s=3600.0)

            return self._replace(order, here, tables_of(here, schema), fill)

    def forget(self, replica_set: str, kept: str) -> str:
        """Take away what was kept under this name."""
        shards = self._world.replica_set(replica_set).shards
        with self.primary(replica_set) as here:
            found = tenants.forget(here, kept, shards)
        return f"what was replaced in {found} shards is gone" if found else "was gone already"

    def replaced(self, replica_set: str, kept: str) -> dict[int, tuple[str, ...]]:
        """The tenants of whom something is kept under this name, by shard."""
        with self.primary(replica_set) as here:
            return tenants.replaced(here, kept)

    def reached(self, replica_set: str, shard: int) -> Reached:
        """Which tables of a shard a restore of tenants reaches."""
        with self.primary(replica_set) as here:
            tables = tables_of(here, f"shard_{shard}")
        own, others = tenants.of_tenants(tables, self.column(replica_set))
        return Reached(tuple(each.name for each in own), tuple(each.name for each in others))

    def column(self, replica_set: str) -> str:
        """The column that says whose a row is."""
        column = self._world.replica_set(replica_set).tenant
        if column is None:
            raise GivenUp(f"{replica_set}: the estate does not say whose a row is")
        return column

    def primary(self, replica_set: str) -> Session:
        """A session with whoever holds the right to write, also after a failover."""
        return wait_for(
            f"a primary of {replica_set} accepts writes",
            lambda: self._writable(replica_set),
            _PRIMARY_S,
        )

    def _writable(self, replica_set: str) -> Session | None:
        member = self._world.directory.primary_of(replica_set)
        if member is None:
            return None
        session = None
        try:
            session = self._postgres.store_session(member, _CONNECT_S)
            if session.query("SELECT valid FROM caisson.lease") == [("t",)]:
                return session
        except PostgresError:
            pass
        if session is not None:
            session.close()
        return None

    def _replace(self, order: _Order, here: Session, then: tuple[Table, ...], fill: Fill) -> str:
        try:
            return _told(order, list(self._batches(order, here, then, fill)))
        except NotReplaced as error:
            raise GivenUp(f"{self._left(order)}: {error}") from error

    def _left(self, order: _Order) -> str:
        """How far it came; a place for what was replaced is gone when nothing was."""
        with self.primary(order.replica_set) as here:
            done = tenants.replaced(here, order.kept).get(order.shard, ())
            if not done:
                tenants.drop(here, tenants.kept_in(order.kept, order.shard))
        return (
            f"{len(done)} of {len(order.tenants)} tenants of shard_{order.shard} were restored,"
            " the others are as they were"
        )

    def _batches(
        self, order: _Order, here: Session, then: tuple[Table, ...], fill: Fill
    ) -> Iterator[tuple[Replaced, list[str]]]:
        """Replace a batch after the other; how it went, and of whom there was nothing."""
        column = self.column(order.replica_set)
        own, _ = tenants.of_tenants(tables_of(here, f"shard_{order.shard}"), column)
        if open_tables := tenants.unguarded(here, own):
            raise StepError(f"nobody guards the tenants of {', '.join(open_tables)}: `caisson up`")
        chosen = filling.fillings(own, tenants.of_tenants(then, column)[0])
        tenants.keep(here, chosen, tenants.kept_in(order.kept, order.shard))
        done = tenants.replaced(here, order.kept).get(order.shard, ())
        left = [each for each in order.tenants if each not in done]
        for first in range(0, len(left), _BATCH):
            names = tuple(left[first : first + _BATCH])
            filling.stage(here, chosen)
            for each in chosen:
                if each.columns:
                    fill(each, names)
                    here.query(f"ANALYZE {each.staged}", timeout_s=filling.LONG_S)
            replacement = Replacement(order.shard, column, names, chosen, order.kept, order.undoes)
            nothing = filling.without_rows(here, chosen, column, names)
            yield replacement.perform(here), nothing


def _told(order: _Order, batches: list[tuple[Replaced, list[str]]]) -> str:
    came, gone = sum(each.came for each, _ in batches), sum(each.gone for each, _ in batches)
    longest = max((each.refused_s for each, _ in batches), default=0.0)
    nothing = [name for _, names in batches for name in names]
    return (
        f"{len(order.tenants)} tenants: {came} rows in place of {gone}, kept as {order.kept}; their"
        f" writes were refused for {longest:.2f} s at most"
        + (f"; nothing was there of {', '.join(nothing)}" if nothing else "")
    )
