"""Backups: how each replica set is backed up, and the repositories in which that lies."""

from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

from caisson.estate.backups import CommandQuestion, RequestQuestion, SqlQuestion, WritesQuestion
from caisson.estate.model import Backup, Estate
from caisson.topology.backups import (
    BackedUp,
    Command,
    Query,
    Repository,
    Request,
    RestoreQuestion,
    Writes,
)
from caisson.topology.declaration import Declaration, Placement
from caisson.topology.model import ReplicaSet, Topology


def repositories(declared: Declaration, so_far: Topology) -> Topology:
    """Add how each replica set is backed up that is, and one repository for each place of them."""
    backed_up = tuple(_backed_up(declared, so_far))
    used = {each.repository for each in backed_up}
    every = (_repository(declared, each) for each in declared.placements())
    return replace(
        so_far,
        repositories=tuple(each for each in every if each.id in used),
        backed_up=backed_up,
    )


def _repository(declared: Declaration, placement: Placement) -> Repository:
    said = declared.estate.backups.get(placement.jurisdiction)
    region = said.in_ if said else placement.standby or placement.home
    known = declared.estate.regions.get(region)
    # Where nobody says it, the jurisdiction does, by its regions.
    where = "backups" if said else "jurisdictions"
    return Repository(
        environment=placement.environment,
        jurisdiction=placement.jurisdiction,
        region=region,
        lies_in=known.jurisdiction if known else None,
        location=said.repository if said else None,
        source=declared.sources.at(where, placement.jurisdiction),
    )


def _backed_up(declared: Declaration, so_far: Topology) -> Iterator[BackedUp]:
    for each in so_far.replica_sets:
        backup = declared.estate.stores[each.store].backup
        if backup is not None:
            yield _of_set(declared, each, backup)


def _of_set(declared: Declaration, replica_set: ReplicaSet, backup: Backup) -> BackedUp:
    store = replica_set.store
    return BackedUp(
        environment=replica_set.environment,
        jurisdiction=replica_set.jurisdiction,
        store=store,
        every_s=backup.every,
        wal_s=backup.wal_s,
        keep_s=backup.keep,
        locked_s=backup.locked,
        questions=tuple(_questions(declared.estate, store)),
        source=declared.sources.at("stores", store, "backup"),
    )


def _questions(estate: Estate, store: str) -> Iterator[RestoreQuestion]:
    for each in estate.stores[store].questions:
        match each:
            case SqlQuestion():
                yield Query(each.sql, each.is_, each.in_ == "every shard")
            case CommandQuestion():
                yield Command(each.command.words, each.is_)
            case WritesQuestion():
                yield Writes(each.writes_of)
            case RequestQuestion():
                # Where it is left out, one service alone uses the store.
                users = (name for name, one in estate.services.items() if store in one.uses)
                if service := each.of or next(users, None):
                    yield Request(service, each.get, each.answers)
            case _:
                assert_never(each)
