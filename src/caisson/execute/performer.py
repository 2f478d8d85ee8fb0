"""Performs one action of a plan by handing it to the software that it is about."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import assert_never

from caisson.execute import connections
from caisson.execute.adoption import PostgresAdoption
from caisson.execute.backups import PostgresBackups
from caisson.execute.copies import PostgresCopies
from caisson.execute.errors import GivenUp, StepError
from caisson.execute.leases import Leases
from caisson.execute.postgres import PostgresMembers
from caisson.execute.redis import RedisMembers
from caisson.execute.redis_backups import RedisBackups
from caisson.execute.redis_copies import RedisCopies
from caisson.execute.repositories import Repositories
from caisson.execute.shards import PostgresShards
from caisson.execute.stateless import Stateless
from caisson.execute.tenants import PostgresTenants
from caisson.execute.world import World
from caisson.plan.model import (
    Action,
    ApplySchema,
    Ask,
    Attach,
    BackUp,
    BeginTimeline,
    CatchUp,
    ClaimGeneration,
    CopyShard,
    Detach,
    Discard,
    DropBeside,
    DropShard,
    Exchange,
    Fence,
    Foresee,
    ForgetReplaced,
    Grant,
    Initialise,
    LayBeside,
    MergeTenants,
    PrepareRepository,
    Promote,
    Publish,
    PutBack,
    Quiesce,
    RecordTurn,
    Rejoin,
    RestoreBeside,
    RevertTenants,
    Route,
    SetAside,
    Start,
    StartBeside,
    SwapShard,
)
from caisson.topology.model import Component, Kind


class Performer:
    """Every action is idempotent; `perform` returns a line about what happened."""

    def __init__(self, world: World, leases: Leases) -> None:
        self._world = world
        self._leases = leases
        self.repositories = Repositories(world)
        self.postgres = PostgresMembers(world, leases, self.repositories)
        self.redis = RedisMembers(world)
        # Those of Postgres; `backups_of` and `copies_of` choose by the replica set.
        self.backups = PostgresBackups(self.repositories, self.postgres)
        self.copies = PostgresCopies(self.repositories, self.postgres)
        self.questions = self.copies.questions
        self.tenants = PostgresTenants(world, self.postgres, self.copies)
        self.adoption = PostgresAdoption(self.repositories, self.postgres, self.copies)
        self.shards = PostgresShards(world, self.postgres, self.copies)
        self._redis_backups = RedisBackups(self.repositories, self.redis)
        self._redis_copies = RedisCopies(self.repositories, self.redis, self.questions)
        self._stateless = Stateless(world)

    def perform(self, action: Action) -> str:  # noqa: PLR0911, C901, PLR0912 - one line an action
        match action:
            case Start(component, must_answer):
                return self._start(self._world.component(component), must_answer)
            case Initialise(_, member):
                return self.postgres.initialise(member)
            case ApplySchema(_, member):
                return self.postgres.apply_schema(member)
            case ClaimGeneration(replica_set, member, generation):
                return self._claim(replica_set, member, generation)
            case Fence(replica_set, member):
                if self._is_postgres(replica_set):
                    return self.postgres.fence(replica_set, member)
                return self.redis.fence(member)
            case Quiesce(replica_set, member):
                if self._is_postgres(replica_set):
                    return self.postgres.quiesce(replica_set, member)
                return self.redis.quiesce(member)
            case CatchUp(replica_set, member, upstream, within_bytes):
                return self._members(replica_set).catch_up(member, upstream, within_bytes)
            case Promote(replica_set, member):
                return self._members(replica_set).promote(member)
            case Grant(replica_set, member, generation):
                return self._grant(replica_set, member, generation)
            case Publish(replica_set, member):
                return self._publish(replica_set, member)
            case Route(environment, jurisdiction, region):
                return self._stateless.route(environment, jurisdiction, region)
            case Rejoin(replica_set, member, upstream):
                return self._members(replica_set).rejoin(member, upstream)
            case Attach(replica_set, primary, member):
                return self.postgres.attach(replica_set, primary, member)
            case Detach(replica_set, primary, member):
                return self.postgres.detach(replica_set, primary, member)
            case PrepareRepository(replica_set, member):
                return self.backups_of(replica_set).prepare(replica_set, member)
            case BackUp(replica_set, member, kind):
                return self.backups_of(replica_set).back_up(replica_set, member, kind)
            case RestoreBeside(replica_set):
                return self.copies_of(replica_set).restore(action)
            case StartBeside(replica_set, place):
                return self.copies_of(replica_set).start(replica_set, place)
            case Ask(replica_set, place):
                return self.copies_of(replica_set).ask(replica_set, place)
            case Discard(replica_set, place):
                return self.copies_of(replica_set).discard(place)
            case MergeTenants(replica_set, place, shard, tenants, kept):
                with self._setting_back(replica_set, tenants.split(",")):
                    return self.tenants.merge(replica_set, place, shard, tenants, kept)
            case RevertTenants(replica_set, shard, tenants, undoes, kept):
                with self._setting_back(replica_set, tenants.split(",")):
                    return self.tenants.revert(replica_set, shard, tenants, undoes, kept)
            case ForgetReplaced(replica_set, kept):
                return self.tenants.forget(replica_set, kept)
            case LayBeside(_, member, place):
                return self.adoption.lay_beside(member, place)
            case Foresee(replica_set, member, name):
                return self.adoption.foresee(replica_set, member, name)
            case SetAside(_, member, aside):
                return self.adoption.set_aside(member, aside)
            case Exchange(_, member, incoming, aside):
                return self.adoption.exchange(member, incoming, aside)
            case PutBack(_, member, aside, incoming):
                return self.adoption.put_back(member, aside, incoming)
            case BeginTimeline(_, member):
                return self.adoption.begin_timeline(member)
            case RecordTurn(replica_set, member, incoming, aside):
                return self.adoption.record_turn(replica_set, member, incoming, aside)
            case DropBeside(_, member, name):
                return self.adoption.drop(member, name)
            case CopyShard():
                return self.shards.copy(action)
            case SwapShard(replica_set, _, shard):
                with self._setting_back(replica_set, self._tenants_in(replica_set, shard)):
                    return self.shards.swap(action)
            case DropShard(_, member, schema):
                return self.shards.drop(member, schema)
            case _:
                assert_never(action)

    def backups_of(self, replica_set: str) -> PostgresBackups | RedisBackups:
        """Whoever makes and lists the backups of a replica set."""
        return self.backups if self._is_postgres(replica_set) else self._redis_backups

    def copies_of(self, replica_set: str) -> PostgresCopies | RedisCopies:
        """Whoever restores a replica set beside what runs."""
        return self.copies if self._is_postgres(replica_set) else self._redis_copies

    @contextmanager
    def _setting_back(self, replica_set: str, tenants: Iterable[str]) -> Iterator[None]:
        """What they wrote before is missing on purpose from now on, however far this gets."""
        who = tuple(tenants)
        self._world.directory.setbacks.add(replica_set, who)
        yield
        self._world.directory.setbacks.add(replica_set, who)

    def _tenants_in(self, replica_set: str, shard: int) -> list[str]:
        of = self._world.replica_set(replica_set)
        here = self._world.index.tenants_of(of.environment, of.jurisdiction)
        return [tenant.name for tenant in here if tenant.shard == shard]

    def _is_postgres(self, replica_set: str) -> bool:
        return self._world.replica_set(replica_set).system == "postgres"

    def _members(self, replica_set: str) -> PostgresMembers | RedisMembers:
        return self.postgres if self._is_postgres(replica_set) else self.redis

    def _claim(self, replica_set: str, member: str, generation: int) -> str:
        """Older leases are renewed no more once the claim is durable."""
        self._world.directory.claim(replica_set, member, generation)
        self._leases.release(replica_set)
        return f"generation {generation}"

    def _grant(self, replica_set: str, member: str, generation: int) -> str:
        """To the holder of the newest generation, and to nobody else."""
        facts = self._world.directory.facts_of(replica_set)
        if facts is None or (facts.holder, facts.generation) != (member, generation):
            raise GivenUp(f"generation {generation} of {replica_set} is not {member}'s to hold")
        if self._is_postgres(replica_set):
            return self.postgres.grant(replica_set, member, generation)
        return self.redis.grant(member)

    def _publish(self, replica_set: str, member: str) -> str:
        directory = self._world.directory
        directory.set_primary(replica_set, member, directory.generation_of(replica_set))
        declared = self._world.replica_set(replica_set)
        connections.publish(self._world, declared.environment, declared.jurisdiction)
        return f"primary is {member}"

    def _start(self, component: Component, must_answer: bool) -> str:
        try:
            return self._start_kind(component)
        except StepError as error:
            if must_answer:
                raise
            return f"does not answer: {error}"

    def _start_kind(self, component: Component) -> str:
        match component.kind:
            case Kind.SERVICE:
                return self._stateless.start_service(component)
            case Kind.PROXY:
                return self._stateless.start_proxy(component)
            case Kind.EDGE:
                return self._stateless.start_edge(component)
            case Kind.STORE:
                return self._start_store(component)
            case _:
                assert_never(component.kind)

    def _start_store(self, component: Component) -> str:
        match component.system:
            case "memcached":
                return self._stateless.start_cache(component)
            case "postgres":
                return self.postgres.start(component.id, self._upstream(component.id))
            case "redis":
                return self._start_redis(component.id)
            case other:
                raise StepError(f"{component.id}: the local target does not run {other}")

    def _start_redis(self, member: str) -> str:
        """A member of a set whose roles are about to change starts as it lies on disk."""
        facts = self._world.directory.facts_of(self._world.index.replica_set_of[member].id)
        if facts is not None and facts.holder != facts.primary and facts.primary is not None:
            return self.redis.start_as_it_lies(member)
        return self.redis.start(member, self._upstream(member))

    def _upstream(self, member: str) -> str | None:
        """Whom a member follows by the directory; None for the primary itself."""
        replica_set = self._world.index.replica_set_of[member]
        primary = self._world.directory.primary_of(replica_set.id) or replica_set.primary
        return None if primary == member else primary
