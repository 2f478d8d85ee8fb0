from typing import Any

import pytest
from terraform_support import Thing, among, outside, reading, ref, refs, thing, unknown

from caisson.terraform.aws import rds
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import UNKNOWN
from caisson.topology.network import Membership, Ports
from caisson.topology.resources import Holding, Movement, Question, Rest, Way

NETWORK = (
    thing("aws_vpc.main", cidr_block="10.0.0.0/16"),
    thing("aws_subnet.a", vpc_id=ref("aws_vpc.main")),
    thing("aws_subnet.b", vpc_id=ref("aws_vpc.main")),
    thing("aws_security_group.db", vpc_id=ref("aws_vpc.main")),
    thing("aws_db_subnet_group.main", subnet_ids=refs("aws_subnet.a", "aws_subnet.b")),
)
DB = "aws_db_instance.main"


def read(*things: Thing) -> Fragment:
    return rds.read(reading(*NETWORK, *things))


def database(**attributes: object) -> Thing:
    given = {"engine": "postgres", "engine_version": "16.3", "identifier": "main", **attributes}
    return thing(DB, **{name: value for name, value in given.items() if value is not None})


def held(fragment: Fragment, id_: str = DB) -> Holding:
    return next(each for each in fragment.holdings if each.id == id_)


def moved(fragment: Fragment, target: str) -> Movement:
    return next(each for each in fragment.movements if each.target == target)


def test_a_database_with_nothing_said_has_the_documented_defaults() -> None:
    nothing = dict.fromkeys(
        ("backup_retention_period", "multi_az", "kms_key_id", "vpc_security_group_ids", "port"),
        UNKNOWN,
    )
    found = read(database(**nothing))
    store = held(found)
    assert (store.rest, store.system) == (Rest.STORE, "postgres")
    assert store.encrypted is False
    assert store.keys == ()
    assert store.public is False
    assert store.multi_zone is False
    assert store.deletion_protected is False
    assert found.movements == ()
    assert [each.id for each in found.holdings] == [DB]


def test_it_listens_in_its_subnet_group_behind_its_groups() -> None:
    found = read(
        database(
            db_subnet_group_name=ref("aws_db_subnet_group.main"),
            vpc_security_group_ids=[ref("aws_security_group.db")],
            publicly_accessible=True,
        )
    )
    (interface,) = found.network.interfaces
    assert interface.owner == DB
    assert interface.subnets == ("aws_subnet.a", "aws_subnet.b")
    assert not interface.all_subnets
    assert interface.groups == (Membership("aws_security_group.db"),)
    assert interface.groups_known
    assert interface.public is True
    assert interface.listens == (Ports(5432, 5432),)
    assert interface.sure
    assert held(found).public is True
    assert found.gaps == ()


def test_without_a_subnet_group_it_is_in_the_default_vpc() -> None:
    (interface,) = read(database(db_subnet_group_name=UNKNOWN)).network.interfaces
    assert interface.subnets == ("default-vpc/111111111111/eu-central-1/subnets",)


def test_in_a_subnet_group_of_somebody_else_its_paths_are_a_gap() -> None:
    found = read(database(db_subnet_group_name=outside("theirs")))
    (gap,) = found.gaps
    assert Question.REACHABILITY in gap.questions
    assert gap.about == (DB,)
    assert all(not each.sure for each in found.network.interfaces)


@pytest.mark.parametrize(
    ("engine", "port"),
    [
        ("mysql", 3306),
        ("mariadb", 3306),
        ("postgres", 5432),
        ("oracle-se2", 1521),
        ("sqlserver-ex", 1433),
        ("db2-se", 50000),
    ],
)
def test_each_engine_has_its_port(engine: str, port: int) -> None:
    listens = read(database(engine=engine)).network.interfaces[0].listens
    assert listens == (Ports(port, port),)


def test_a_port_that_is_not_known_may_be_any() -> None:
    assert read(database(port=unknown())).network.interfaces[0].listens is None
    assert read(database(port=6000)).network.interfaces[0].listens == (Ports(6000, 6000),)


def test_encryption_names_its_key_through_an_alias() -> None:
    key = (
        thing("aws_kms_key.k"),
        thing("aws_kms_alias.k", name="alias/k", target_key_id=ref("aws_kms_key.k")),
    )
    found = read(*key, database(storage_encrypted=True, kms_key_id=ref("aws_kms_alias.k")))
    assert held(found).encrypted is True
    assert held(found).keys == ("aws_kms_key.k",)


def test_a_key_that_is_not_known_is_a_gap() -> None:
    found = read(database(storage_encrypted=True, kms_key_id=unknown()))
    assert held(found).encrypted is True
    assert Question.ISOLATION in found.gaps[0].questions
    assert read(database(storage_encrypted=unknown())).holdings[0].encrypted is None


def test_backups_are_a_holding_of_their_own_with_any_moment() -> None:
    found = read(database(backup_retention_period=7, storage_encrypted=True))
    backups = held(found, f"{DB}/automated-backups")
    assert (backups.rest, backups.resource, backups.region) == (Rest.BACKUP, DB, "eu-central-1")
    assert backups.encrypted is True
    assert backups.multi_zone is True
    assert backups.deletion_protected is True
    movement = moved(found, backups.id)
    assert movement.way is Way.BACKUP
    assert movement.point_in_time
    assert (movement.lag_least_s, movement.lag_most_s) == (0, 300)
    assert movement.kept_s == 7 * 86400
    assert movement.sure


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ({}, True),
        ({"skip_final_snapshot": True}, False),
        ({"skip_final_snapshot": True, "delete_automated_backups": False}, True),
        ({"skip_final_snapshot": unknown()}, None),
    ],
)
def test_a_deleted_database_leaves_its_backups_or_a_last_snapshot(
    said: dict[str, Any], left: bool | None
) -> None:
    found = read(database(backup_retention_period=7, **said))
    assert held(found, f"{DB}/automated-backups").deletion_protected is left


def test_backups_that_cannot_be_told_are_not_sure() -> None:
    for attributes in (
        {"backup_retention_period": unknown()},
        {"snapshot_identifier": outside("s")},
    ):
        found = read(database(**attributes))
        assert moved(found, f"{DB}/automated-backups").sure is False
        assert held(found, f"{DB}/automated-backups").sure is False


def test_a_replica_in_the_same_region_is_like_what_it_follows() -> None:
    source = database(
        storage_encrypted=True,
        kms_key_id=outside("arn:aws:kms:eu-central-1:1:key/k"),
        db_subnet_group_name=ref("aws_db_subnet_group.main"),
    )
    found = read(source, thing("aws_db_instance.copy", replicate_source_db=ref(DB)))
    replica = held(found, "aws_db_instance.copy")
    assert (replica.rest, replica.system) == (Rest.REPLICA, "postgres")
    assert replica.encrypted is True
    assert replica.keys == ("arn:aws:kms:eu-central-1:1:key/k",)
    movement = moved(found, replica.id)
    assert (movement.way, movement.source, movement.lag_most_s) == (Way.REPLICATION, DB, None)
    seats = {each.owner: each.subnets for each in found.network.interfaces}
    assert seats["aws_db_instance.copy"] == seats[DB] == ("aws_subnet.a", "aws_subnet.b")


def test_a_replica_in_another_region_takes_nothing_from_what_it_follows() -> None:
    copy = thing("aws_db_instance.copy", in_region="us-east-1", replicate_source_db=ref(DB))
    found = read(database(storage_encrypted=True), copy)
    replica = held(found, "aws_db_instance.copy")
    assert (replica.region, replica.jurisdiction) == ("us-east-1", "us")
    assert replica.encrypted is None
    assert moved(found, replica.id).sure


def test_a_replica_of_a_foreign_database_and_of_one_among_several() -> None:
    arn = "arn:aws:rds:us-east-1:9:db:theirs"
    found = read(thing("aws_db_instance.copy", replicate_source_db=outside(arn)))
    assert moved(found, "aws_db_instance.copy").source == arn
    found = read(
        database(),
        thing("aws_db_instance.copy", replicate_source_db=among(DB)),
    )
    assert moved(found, "aws_db_instance.copy").sure is False
    found = read(thing("aws_db_instance.copy", replicate_source_db=unknown()))
    assert {Question.RESIDENCY, Question.RECOVERABILITY} <= found.gaps[-1].questions


def test_replicas_in_a_circle_end() -> None:
    found = read(
        thing("aws_db_instance.x", replicate_source_db=ref("aws_db_instance.y")),
        thing("aws_db_instance.y", replicate_source_db=ref("aws_db_instance.x")),
    )
    assert held(found, "aws_db_instance.x").encrypted is None


@pytest.mark.parametrize(
    ("engine", "version", "expected"),
    [
        ("postgres", "14.9", False),
        ("postgres", "15.4", True),
        ("postgres", None, None),
        ("mysql", "8.0.35", False),
        ("mysql", "8.4.3", None),
        ("mariadb", "10.11", False),
        ("sqlserver-ex", "15.00", False),
        ("oracle-ee", "19", None),
    ],
)
def test_whether_clients_may_talk_in_the_clear(
    engine: str, version: str | None, expected: object
) -> None:
    found = read(database(engine=engine, engine_version=version))
    assert held(found).encrypted_in_transit is expected


@pytest.mark.parametrize(
    ("value", "expected"), [("1", True), ("0", False), (unknown(), None), (None, False)]
)
def test_a_parameter_group_says_whether_clients_may_talk_in_the_clear(
    value: object, expected: object
) -> None:
    parameters = [{"name": "rds.force_ssl", "value": value}] if value is not None else []
    group = thing("aws_db_parameter_group.p", family="postgres14", parameter=parameters)
    found = read(
        group, database(engine_version="14.9", parameter_group_name=ref("aws_db_parameter_group.p"))
    )
    assert held(found).encrypted_in_transit is expected


def test_a_parameter_group_of_somebody_else_cannot_be_told_but_the_default_can() -> None:
    theirs = read(database(parameter_group_name=outside("theirs")))
    assert held(theirs).encrypted_in_transit is None
    default = read(database(parameter_group_name=outside("default.postgres16")))
    assert held(default).encrypted_in_transit is True


def test_logs_go_to_the_group_that_was_read_or_to_one_of_their_own() -> None:
    group = thing("aws_cloudwatch_log_group.g", name="/aws/rds/instance/main/postgresql")
    found = read(group, database(enabled_cloudwatch_logs_exports=["postgresql", "upgrade"]))
    assert moved(found, "aws_cloudwatch_log_group.g").way is Way.LOG
    other = held(found, f"{DB}/logs/upgrade")
    assert (other.rest, other.encrypted, other.region) == (Rest.LOG, True, "eu-central-1")


def test_performance_insights_keep_data_under_a_key_of_their_own() -> None:
    found = read(
        thing("aws_kms_key.k"),
        database(
            performance_insights_enabled=True, performance_insights_kms_key_id=ref("aws_kms_key.k")
        ),
    )
    part = held(found, f"{DB}/performance-insights")
    assert (part.encrypted, part.keys) == (True, ("aws_kms_key.k",))
    assert moved(found, part.id).way is Way.LOG


def test_a_restored_database_uses_its_snapshot() -> None:
    found = read(
        thing("aws_db_snapshot.s", db_instance_identifier="old"),
        database(snapshot_identifier=ref("aws_db_snapshot.s")),
    )
    assert [(each.user, each.used) for each in found.uses] == [(DB, "aws_db_snapshot.s")]
    assert held(found).encrypted is None
    assert held(found).multi_zone is None


def test_a_link_to_something_else_is_not_a_subnet_group() -> None:
    found = read(database(db_subnet_group_name=ref("aws_vpc.main")))
    assert Question.REACHABILITY in found.gaps[0].questions
    assert all(not each.sure for each in found.network.interfaces)


def test_a_key_that_may_be_none_does_not_encrypt_a_copy() -> None:
    restored = read(database(snapshot_identifier=outside("s"), kms_key_id=unknown()))
    assert held(restored).encrypted is None
    assert held(restored).keys == ()


def test_only_keys_that_are_certain_are_named() -> None:
    keys = (thing("aws_kms_key.a"), thing("aws_kms_key.b"))
    perhaps = among("aws_kms_key.a", "aws_kms_key.b")
    found = read(*keys, database(storage_encrypted=True, kms_key_id=perhaps))
    assert held(found).keys == ()
    assert Question.ISOLATION in found.gaps[0].questions


def test_a_flag_does_not_say_how_a_replica_or_a_restored_database_is_encrypted() -> None:
    source = database(storage_encrypted=True)
    copy = thing("aws_db_instance.copy", replicate_source_db=ref(DB), storage_encrypted=False)
    assert held(read(source, copy), "aws_db_instance.copy").encrypted is True
    restored = database(storage_encrypted=False, snapshot_identifier=outside("s"))
    assert held(read(restored)).encrypted is None


def test_empty_blocks_and_texts_are_nothing() -> None:
    empty = database(restore_to_point_in_time=[], snapshot_identifier="", db_subnet_group_name="")
    found = read(empty)
    assert held(found).encrypted is False
    assert held(found).multi_zone is False
    assert found.network.interfaces[0].subnets == ("default-vpc/111111111111/eu-central-1/subnets",)


def test_the_key_of_a_managed_secret_is_used_only_when_there_is_one() -> None:
    key = thing("aws_kms_key.k")
    named = {"master_user_secret_kms_key_id": ref("aws_kms_key.k")}
    assert read(key, database(**named)).uses == ()
    managed = read(key, database(manage_master_user_password=True, **named))
    assert [each.used for each in managed.uses] == ["aws_kms_key.k"]


def test_a_subnet_group_without_subnets_leaves_open_where_it_is() -> None:
    empty = thing("aws_db_subnet_group.empty", subnet_ids=[])
    found = read(empty, database(db_subnet_group_name=ref("aws_db_subnet_group.empty")))
    assert Question.REACHABILITY in found.gaps[0].questions
