"""Databases whose instances share one volume: what Aurora, DocumentDB and Neptune have alike.

The cluster is the store, and owns the interfaces of its instances. The volume is in three zones,
whatever the number of instances.
"""

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, replace

from caisson.terraform.aws.at_rest import AtRest, by_flag, by_key
from caisson.terraform.aws.carried import followed, instances_of
from caisson.terraform.aws.global_clusters import Membership, replicated, secondaries
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.naming import Names
from caisson.terraform.aws.presence import unset
from caisson.terraform.aws.seats import port, seated, subnets_of_group
from caisson.terraform.aws.stores import (
    NETWORK_QUESTIONS,
    POINT_IN_TIME_LAG_S,
    backed_up,
    deleted_last,
    logs_exported,
    unread,
    uses,
)
from caisson.terraform.aws.typed import given
from caisson.terraform.aws.written import flag, number, text
from caisson.terraform.fragment import NO_FRAGMENT, Fragment, joined
from caisson.terraform.model import Certainty, Mode
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import Ports
from caisson.topology.resources import Holding, Question, Rest, Way
from caisson.topology.truth import any_of

COPIED = ("snapshot_identifier", "replication_source_identifier", "global_cluster_identifier")


@dataclass(frozen=True, slots=True)
class Family:
    """The words of one service for what they all have, and where it differs."""

    cluster: str
    instance: str
    global_cluster: str
    snapshots: tuple[str, ...]
    subnet_group: tuple[str, str]  # attribute, type
    key: str  # attribute
    logs: str  # attribute
    log_group: str  # `/aws/rds/cluster/{cluster}/{kind}`
    system: Callable[[Block], str]
    port: Callable[[Block], float | None]  # the default
    in_transit: Callable[[Block], bool | None]
    encrypted_by_default: bool | None = False

    @property
    def membership(self) -> Membership:
        return Membership(self.cluster, self.global_cluster)


def read_family(family: Family, reading: Reading) -> Fragment:
    names = Names.of(reading)
    serving = _serving(family, reading)
    second = secondaries(reading, family.membership)
    clusters = [
        _cluster(family, names, each, serving.get(each.address, ()), second)
        for each in reading.of(family.cluster)
    ]
    loose = [_loose(family, each) for each in reading.of(family.instance)]
    return joined([*clusters, *loose, replicated(reading, family.membership)])


def _serving(family: Family, reading: Reading) -> dict[str, list[tuple[Block, bool]]]:
    """Return the instances of each cluster, and whether they surely are."""
    found: dict[str, list[tuple[Block, bool]]] = {}
    for each in reading.of(family.instance):
        link = given(each, "cluster_identifier", family.cluster)
        for cluster in link.to:
            found.setdefault(cluster, []).append((each, link.only is not None))
    return found


def _cluster(
    family: Family,
    names: Names,
    block: Block,
    serving: Sequence[tuple[Block, bool]],
    second: Container[str],
) -> Fragment:
    store = store_of(family, block, [each for each, _ in serving])
    if block.address in second:
        store = replace(store, rest=Rest.REPLICA)
    return joined(
        [
            Fragment(holdings=(store,)),
            encryption(family, block).gaps(block),
            _untold(block, store),
            *_seats(family, names, block, serving),
            _backups(block, store),
            _origin(family, block, store),
            _logs(family, block, store),
            uses(block, given(block, "iam_roles", "aws_iam_role"), "role"),
        ]
    )


def store_of(family: Family, block: Block, instances: Iterable[Block]) -> Holding:
    """Return what a cluster holds, given the instances that serve it."""
    follows = not unset(block, "replication_source_identifier")
    kind = Rest.REPLICA if follows else Rest.STORE
    found = holding(block, kind, family.system(block))
    public = [_public(each) for each in instances]
    return encryption(family, block).on(
        replace(
            found,
            encrypted_in_transit=family.in_transit(block),
            public=any_of(public),
            # Six copies in three zones, of which four must have a write (Aurora user guide,
            # "Amazon Aurora storage and reliability"; DocumentDB and Neptune say the same).
            multi_zone=True,
            deletion_protected=flag(block, "deletion_protection", default=False),
        )
    )


def encryption(family: Family, block: Block) -> AtRest:
    """Return the encryption at rest; that of a copy is that of what it is a copy of."""
    copied = any(not unset(block, each) for each in COPIED)
    copied = copied or bool(block.blocks("restore_to_point_in_time"))
    said = flag(block, "storage_encrypted", default=None if copied else family.encrypted_by_default)
    if copied and said is not True:
        # Of an encrypted backup comes an encrypted database, whatever the flag says.
        return by_key(block, family.key, without=None)
    return by_flag(block, family.key, flagged=said)


def _untold(block: Block, store: Holding) -> Fragment:
    """Return why it is not told of a new cluster about which nobody wrote anything."""
    said = any(not unset(block, each) for each in ("storage_encrypted", *COPIED))
    if store.encrypted is not None or said or block.blocks("restore_to_point_in_time"):
        return NO_FRAGMENT
    what = (
        f"nobody wrote whether {block.address} is encrypted: new clusters are, those made before "
        "February 2026 are not, and its age is not told"
    )
    return unread(block, what, Question.ENCRYPTION, about=(block.address,))


def _public(instance: Block) -> bool | None:
    return flag(instance, "publicly_accessible", default=False)


def listens(family: Family, block: Block) -> tuple[Ports, ...] | None:
    return port(number(block, "port", family.port(block)))


def _seats(
    family: Family, names: Names, block: Block, instances: Iterable[tuple[Block, bool]]
) -> list[Fragment]:
    """Return an interface for each instance, or for the cluster when no instance was read.

    Clusters without instances of their own are serverless or made of whole databases; then it is
    the cluster that has a port.
    """
    attribute, group = family.subnet_group
    where = subnets_of_group(names, block, attribute, group)
    seats = [(_public(each), sure) for each, sure in instances]
    return [
        seated(
            names,
            block,
            where,
            "vpc_security_group_ids",
            public=public,
            listens=listens(family, block),
            all_subnets=False,
            sure=sure,
        )
        for public, sure in dict.fromkeys(seats) or [(False, True)]
    ]


def _backups(block: Block, store: Holding) -> Fragment:
    # One day unless told otherwise, and never none (CreateDBCluster, `BackupRetentionPeriod`).
    return backed_up(
        block,
        store,
        # One day at least, also when it is not told how many.
        number(block, "backup_retention_period", 1.0) or 1.0,
        lag_most_s=POINT_IN_TIME_LAG_S,
        point_in_time=True,
        survives_store=deleted_last(block),
    )


def _origin(family: Family, block: Block, store: Holding) -> Fragment:
    snapshot = given(block, "snapshot_identifier", *family.snapshots)
    found = [uses(block, snapshot, "restored from")]
    if not unset(block, "replication_source_identifier"):
        types = (family.cluster, "aws_db_instance")
        sources = given(block, "replication_source_identifier", *types)
        via = f"replica cluster {block.address}"
        found.append(followed(block, sources, store.id, Way.REPLICATION, via, types=types))
    found += [
        uses(
            block,
            given(each, "source_cluster_identifier", family.cluster),
            "restored to a point in time",
        )
        for each in block.blocks("restore_to_point_in_time")
    ]
    return joined(found)


def _logs(family: Family, block: Block, store: Holding) -> Fragment:
    name = text(block, "cluster_identifier")
    return logs_exported(
        block,
        store,
        block.texts(family.logs),
        lambda kind: family.log_group.format(cluster=name, kind=kind) if name else None,
    )


def _loose(family: Family, instance: Block) -> Fragment:
    """Return the gap that an instance leaves of which it cannot be told whom it serves."""
    cluster = given(instance, "cluster_identifier", family.cluster)
    told = bool(cluster.to) and cluster.certainty is not Certainty.OPEN
    others = [each for each in cluster.every if not _is_read(instance.reading, each)]
    if told and not others:
        return NO_FRAGMENT
    what = f"which cluster {instance.address} serves cannot be told"
    about = instances_of(instance.reading, (family.cluster,))
    if told:
        what, about = f"{others[0]}, which {instance.address} serves, was not read", ()
    return unread(instance, what, *NETWORK_QUESTIONS, Question.EXPOSURE, about=about)


def _is_read(reading: Reading, name: str) -> bool:
    instance = reading.instances.get(name)
    return instance is not None and instance.mode is Mode.MANAGED
