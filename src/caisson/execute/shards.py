"""Performs what plans say about single logical shards: copied from a restored copy, swapped."""

import time
from collections.abc import Iterator

from caisson.execute.copies import PostgresCopies
from caisson.execute.errors import GivenUp
from caisson.execute.postgres import PostgresMembers
from caisson.execute.world import World
from caisson.plan.model import CopyShard, SwapShard
from caisson.systems.postgres import shards
from caisson.systems.postgres.files import OWNER, password_file
from caisson.systems.postgres.session import PostgresError, Session
from caisson.systems.postgres.shards import SchemaName
from caisson.targets.local.layout import write_private
from caisson.topology.model import Address

_COPY_S = 86_400.0
_SWAP_S = 20.0
_LOCK_MS = 400  # writers of the shard wait behind the swap as long as it waits for others
_PAUSE_S = 0.2
_LOCKED = ("55P03", "40P01")  # not in time, or a deadlock: it is tried again


class PostgresShards:
    """Every method may be repeated."""

    def __init__(self, world: World, postgres: PostgresMembers, copies: PostgresCopies) -> None:
        self._world = world
        self._postgres = postgres
        self._copies = copies

    def beside(self, member: str) -> Iterator[tuple[SchemaName, str | None]]:
        """The schemas beside the shards, and what is said of them; None: not compared yet."""
        with self._postgres.store_session(member, 5.0) as session:
            for schema, said in session.query(shards.BESIDE):
                if found := shards.read_name(str(schema)):
                    yield found, said

    def copy(self, action: CopyShard) -> str:
        """Copy a shard of a restored copy into the primary, beside its own, and compare both."""
        source = self._copies.address(action.replica_set, action.place)
        target = self._world.component(action.member).address
        with (
            self._copies.session(action.replica_set, action.place) as copy,
            self._postgres.store_session(action.member, 5.0) as primary,
        ):
            if not _exists(copy, action.schema):
                copy.script(shards.rename(f"shard_{action.shard}", action.schema))
            if not _exists(primary, action.schema):
                self._pass_on(action, source, target)
            rows = _compare(copy, primary, action.schema)
            primary.script(shards.comment(action.schema, f"shard_{action.shard} as restored"))
        return f"{rows} rows lie in {action.schema}, the same as in the copy"

    def swap(self, action: SwapShard) -> str:
        """Rename both schemas at once, when no transaction uses the shard."""
        deadline = time.monotonic() + _SWAP_S
        while True:
            with self._postgres.store_session(action.member, 5.0) as session:
                if not _exists(session, action.incoming):
                    return _was_swapped(session, action)
                try:
                    session.script(self._swap(action))
                except PostgresError as error:
                    if error.sqlstate not in _LOCKED:
                        raise
                    if time.monotonic() > deadline:
                        raise GivenUp(
                            f"transactions hold tables of shard_{action.shard} all the time: end"
                            " the longest of pg_stat_activity, and try again"
                        ) from error
                else:
                    return f"shard_{action.shard} is what was {action.incoming}"
            time.sleep(_PAUSE_S)

    def drop(self, member: str, schema: str) -> str:
        with self._postgres.store_session(member, 5.0) as session:
            if not _exists(session, schema):
                return "was not there"
            session.script(shards.drop(schema))
        return f"dropped {schema}"

    # -- parts ----------------------------------------------------------------------------

    def _swap(self, action: SwapShard) -> str:
        roles = self._postgres.service_roles(self._world.replica_set(action.replica_set))
        return shards.swap(action.shard, action.incoming, action.aside, roles, lock_ms=_LOCK_MS)

    def _pass_on(self, action: CopyShard, source: Address, target: Address) -> None:
        """Through a file beside the copy; the password is in one that both tools are pointed to."""
        folder = self._copies.folder(action.place)
        passfile, dumped = folder / "pgpass", str(folder / "shard.dump")
        password = self._world.secrets.of(f"{action.replica_set}/owner")
        write_private(passfile, password_file(password, OWNER))
        store = self._world.replica_set(action.replica_set).store
        for program, argv in (
            (
                "pg_dump",
                shards.dump(
                    self._world.program("pg_dump"), source, OWNER, store, action.schema, dumped
                ),
            ),
            (
                "pg_restore",
                shards.load(self._world.program("pg_restore"), target, OWNER, store, dumped),
            ),
        ):
            region = self._world.component(action.member).region
            done = self._world.run_tool(
                region, program, *argv, more={"PGPASSFILE": str(passfile)}, timeout_s=_COPY_S
            )
            if done.exit_code != 0:
                raise GivenUp(f"{program} of {action.schema}: {done.output.strip()[-600:]}")


def _exists(session: Session, schema: str) -> bool:
    return bool(session.query(shards.EXISTS, (schema,)))


def _was_swapped(session: Session, action: SwapShard) -> str:
    if _exists(session, action.aside):
        return "was swapped already"
    raise GivenUp(f"there is no schema {action.incoming}")


def _compare(copy: Session, primary: Session, schema: str) -> int:
    """How many rows both have; StepError names the first table or sequence that differs."""
    rows = 0
    there, here = (_digests(each, schema) for each in (copy, primary))
    for what in sorted({*there, *here}):
        if there.get(what) != here.get(what):
            raise GivenUp(f"{schema}.{what} is {here.get(what)}, in the copy {there.get(what)}")
    for what, found in there.items():
        rows += int(found[0] or 0) if what.startswith("table ") else 0
    return rows


def _digests(session: Session, schema: str) -> dict[str, tuple[str | None, ...]]:
    session.script(shards.ALIKE)
    tables = [str(row[0]) for row in session.query(shards.TABLES, (schema,))]
    sequences = [str(row[0]) for row in session.query(shards.SEQUENCES, (schema,))]
    return {
        f"table {each}": session.query(shards.digest(schema, each), timeout_s=_COPY_S)[0]
        for each in tables
    } | {f"sequence {each}": session.query(shards.position(schema, each))[0] for each in sequences}
