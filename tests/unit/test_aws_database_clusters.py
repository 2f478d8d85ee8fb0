import pytest
from terraform_support import Thing, outside, reading, ref, refs, thing, unknown

from caisson.terraform.aws import aurora, documentdb, neptune, rds_copies, rds_proxy
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import UNKNOWN
from caisson.topology.network import Forward, Ports
from caisson.topology.resources import Holding, Movement, Question, Rest, Way

NETWORK = (
    thing("aws_vpc.main", cidr_block="10.0.0.0/16"),
    thing("aws_subnet.a", vpc_id=ref("aws_vpc.main")),
    thing("aws_subnet.b", vpc_id=ref("aws_vpc.main")),
    thing("aws_security_group.db", vpc_id=ref("aws_vpc.main")),
    thing("aws_db_subnet_group.main", subnet_ids=refs("aws_subnet.a", "aws_subnet.b")),
)
MAIN = "aws_rds_cluster.main"


def cluster(name: str = "main", *, in_region: str | None = None, **attributes: object) -> Thing:
    given: dict[str, object] = {
        "engine": "aurora-postgresql",
        "engine_version": "16.3",
        "db_subnet_group_name": ref("aws_db_subnet_group.main"),
        "vpc_security_group_ids": [ref("aws_security_group.db")],
        **attributes,
    }
    return thing(f"aws_rds_cluster.{name}", in_region=in_region, **given)


def instance(name: str, **attributes: object) -> Thing:
    given = {"cluster_identifier": ref(MAIN), "engine": "aurora-postgresql", **attributes}
    return thing(f"aws_rds_cluster_instance.{name}", **given)


def read(*things: Thing) -> Fragment:
    return aurora.read(reading(*NETWORK, *things))


def held(fragment: Fragment, id_: str = MAIN) -> Holding:
    return next(each for each in fragment.holdings if each.id == id_)


def moved(fragment: Fragment, target: str) -> Movement:
    return next(each for each in fragment.movements if each.target == target)


def test_a_cluster_is_one_store_in_several_zones_with_backups_unless_told() -> None:
    found = read(cluster(storage_encrypted=UNKNOWN, backup_retention_period=UNKNOWN))
    store = held(found)
    assert (store.rest, store.system, store.multi_zone) == (Rest.STORE, "postgres", True)
    assert store.encrypted is None
    (why,) = found.gaps
    assert "its age is not told" in why.what
    assert store.public is False
    backups = moved(found, f"{MAIN}/automated-backups")
    assert (backups.lag_most_s, backups.kept_s, backups.point_in_time) == (300, 86400, True)


def test_an_instance_of_a_cluster_that_was_not_read_may_stand_anywhere() -> None:
    theirs = thing("data.aws_rds_cluster.theirs")
    of_it = instance("x", cluster_identifier=ref("data.aws_rds_cluster.theirs"))
    (gap,) = read(theirs, of_it).gaps
    assert gap.about == ("aws_rds_cluster_instance.x",)
    assert {Question.REACHABILITY, Question.EXPOSURE} <= gap.questions


def test_public_instances_make_the_cluster_public() -> None:
    found = read(cluster(), instance("a", publicly_accessible=UNKNOWN), instance("b"))
    assert held(found).public is False
    assert [each.public for each in found.network.interfaces] == [False]
    found = read(cluster(), instance("a", publicly_accessible=True), instance("b"))
    assert held(found).public is True
    assert {each.public for each in found.network.interfaces} == {True, False}
    assert {each.owner for each in found.network.interfaces} == {MAIN}
    assert {each.listens for each in found.network.interfaces} == {(Ports(5432, 5432),)}
    found = read(cluster(), instance("a", publicly_accessible=unknown()))
    assert held(found).public is None


def test_an_instance_without_a_known_cluster_is_a_gap() -> None:
    found = read(cluster(), instance("a", cluster_identifier=unknown()))
    assert Question.REACHABILITY in found.gaps[-1].questions


@pytest.mark.parametrize(
    ("engine", "version", "expected"),
    [
        ("aurora-postgresql", "16.3", False),
        ("aurora-postgresql", "17.1", True),
        ("aurora-mysql", "8.0.mysql_aurora.3.05.2", False),
        ("postgres", "16.3", True),
    ],
)
def test_whether_clients_may_talk_in_the_clear(engine: str, version: str, expected: object) -> None:
    found = read(cluster(engine=engine, engine_version=version))
    assert held(found).encrypted_in_transit is expected


def test_a_cluster_parameter_group_forces_tls() -> None:
    group = thing(
        "aws_rds_cluster_parameter_group.p",
        family="aurora-postgresql15",
        parameter=[{"name": "rds.force_ssl", "value": "1"}],
    )
    found = read(
        group, cluster(db_cluster_parameter_group_name=ref("aws_rds_cluster_parameter_group.p"))
    )
    assert held(found).encrypted_in_transit is True


def test_a_global_cluster_replicates_from_its_primary() -> None:
    found = read(
        thing("aws_rds_global_cluster.g", global_cluster_identifier="g"),
        cluster(global_cluster_identifier=ref("aws_rds_global_cluster.g"), master_username="u"),
        cluster(
            "second",
            in_region="us-east-1",
            global_cluster_identifier=ref("aws_rds_global_cluster.g"),
        ),
    )
    movement = moved(found, "aws_rds_cluster.second")
    assert (movement.way, movement.source, movement.lag_most_s) == (Way.REPLICATION, MAIN, None)
    assert movement.sure
    assert held(found, "aws_rds_cluster.second").rest is Rest.REPLICA
    assert held(found).rest is Rest.STORE
    assert [each for each in found.movements if each.target == MAIN] == []


def test_a_global_cluster_made_of_a_cluster_has_that_as_primary() -> None:
    found = read(
        thing("aws_rds_global_cluster.g", source_db_cluster_identifier=ref(MAIN)),
        cluster(master_username="u"),
        cluster("second", global_cluster_identifier=ref("aws_rds_global_cluster.g")),
    )
    assert moved(found, "aws_rds_cluster.second").source == MAIN


def test_when_the_primary_cannot_be_told_every_direction_is_perhaps() -> None:
    found = read(
        thing("aws_rds_global_cluster.g"),
        cluster(global_cluster_identifier=ref("aws_rds_global_cluster.g")),
        cluster("second", global_cluster_identifier=ref("aws_rds_global_cluster.g")),
    )
    ways = {
        (each.source, each.target, each.sure)
        for each in found.movements
        if each.way is Way.REPLICATION
    }
    assert ways == {
        (MAIN, "aws_rds_cluster.second", False),
        ("aws_rds_cluster.second", MAIN, False),
    }
    assert held(found, "aws_rds_cluster.second").rest is Rest.STORE


def test_a_member_of_a_foreign_global_cluster_is_a_gap() -> None:
    found = read(cluster(global_cluster_identifier=outside("theirs")))
    assert {Question.RESIDENCY, Question.RECOVERABILITY} <= found.gaps[-1].questions
    assert held(found).encrypted is None


def test_encryption_of_restored_clusters_is_the_snapshots() -> None:
    assert held(read(cluster(storage_encrypted=False))).encrypted is False
    restored = cluster(storage_encrypted=False, snapshot_identifier=outside("s"))
    assert held(read(restored)).encrypted is None
    keyed = cluster(snapshot_identifier=outside("s"), kms_key_id=outside("arn:aws:kms:x:1:key/k"))
    assert held(read(keyed)).encrypted is True
    assert held(read(keyed)).keys == ("arn:aws:kms:x:1:key/k",)


def test_insights_of_an_instance_come_from_its_cluster() -> None:
    found = read(cluster(), instance("a", performance_insights_enabled=True))
    assert moved(found, "aws_rds_cluster_instance.a/performance-insights").source == MAIN


def test_documentdb_talks_tls_unless_it_is_switched_off() -> None:
    def group(value: str) -> Thing:
        return thing(
            "aws_docdb_cluster_parameter_group.p", parameter=[{"name": "tls", "value": value}]
        )

    def store(**attributes: object) -> Thing:
        return thing("aws_docdb_cluster.d", storage_encrypted=None, **attributes)

    plain = documentdb.read(reading(store()))
    assert held(plain, "aws_docdb_cluster.d").encrypted_in_transit is True
    assert held(plain, "aws_docdb_cluster.d").encrypted is False
    grouped = store(db_cluster_parameter_group_name=ref("aws_docdb_cluster_parameter_group.p"))
    for value, expected in (("disabled", False), ("tls1.3+", True)):
        found = documentdb.read(reading(group(value), grouped))
        assert held(found, "aws_docdb_cluster.d").encrypted_in_transit is expected


def test_neptune_has_the_same_shape() -> None:
    found = neptune.read(
        reading(
            thing("aws_neptune_cluster.n", storage_encrypted=True, backup_retention_period=5),
            thing(
                "aws_neptune_cluster_instance.i", cluster_identifier=ref("aws_neptune_cluster.n")
            ),
            thing(
                "aws_neptune_cluster_snapshot.s", db_cluster_identifier=ref("aws_neptune_cluster.n")
            ),
        )
    )
    store = held(found, "aws_neptune_cluster.n")
    assert (store.encrypted, store.encrypted_in_transit, store.system) == (True, True, "neptune")
    assert moved(found, "aws_neptune_cluster.n/automated-backups").kept_s == 5 * 86400
    assert held(found, "aws_neptune_cluster_snapshot.s").encrypted is True
    assert found.network.interfaces[0].listens == (Ports(8182, 8182),)


def test_snapshots_and_their_copies_go_where_they_are_sent() -> None:
    found = rds_copies.read(
        reading(
            thing("aws_vpc.there", in_region="us-east-1"),
            thing("aws_db_instance.d", engine="mysql", storage_encrypted=True),
            thing("aws_db_snapshot.s", db_instance_identifier=ref("aws_db_instance.d")),
            thing(
                "aws_db_snapshot_copy.c",
                source_db_snapshot_identifier=ref("aws_db_snapshot.s"),
                destination_region="us-east-1",
                shared_accounts=["all"],
            ),
        )
    )
    snapshot, copy = held(found, "aws_db_snapshot.s"), held(found, "aws_db_snapshot_copy.c")
    assert (snapshot.rest, snapshot.encrypted, snapshot.public) == (Rest.BACKUP, True, False)
    assert (copy.region, copy.jurisdiction, copy.encrypted) == ("us-east-1", "us", True)
    assert copy.public is True
    assert moved(found, "aws_db_snapshot.s").source == "aws_db_instance.d"
    assert moved(found, "aws_db_snapshot.s").lag_most_s is None
    assert moved(found, "aws_db_snapshot_copy.c").way is Way.COPY


def test_a_snapshot_that_other_accounts_may_restore_is_a_gap() -> None:
    found = rds_copies.read(
        reading(
            thing("aws_db_instance.d", engine="mysql"),
            thing(
                "aws_db_snapshot.s",
                db_instance_identifier=ref("aws_db_instance.d"),
                shared_accounts=["999999999999"],
            ),
        )
    )
    assert Question.ISOLATION in found.gaps[0].questions
    assert held(found, "aws_db_snapshot.s").public is False


def test_automated_backups_in_another_region() -> None:
    address = "aws_db_instance_automated_backups_replication.r"
    found = rds_copies.read(
        reading(
            thing("aws_kms_key.there", in_region="us-east-1"),
            thing("aws_db_instance.d", engine="mysql", storage_encrypted=True),
            thing(
                address,
                in_region="us-east-1",
                source_db_instance_arn=ref("aws_db_instance.d"),
                kms_key_id=ref("aws_kms_key.there"),
                retention_period=14,
            ),
        )
    )
    there = held(found, address)
    assert (there.rest, there.region, there.keys) == (
        Rest.BACKUP,
        "us-east-1",
        ("aws_kms_key.there",),
    )
    movement = moved(found, address)
    assert (movement.source, movement.point_in_time) == ("aws_db_instance.d", True)
    assert (movement.kept_s, movement.lag_most_s) == (14 * 86400, None)


def test_exports_and_integrations_move_data() -> None:
    found = rds_copies.read(
        reading(
            thing("aws_s3_bucket.b"),
            thing("aws_db_snapshot.s", db_instance_identifier="d"),
            thing(
                "aws_rds_export_task.e",
                source_arn=ref("aws_db_snapshot.s"),
                s3_bucket_name=ref("aws_s3_bucket.b"),
            ),
            thing("aws_rds_integration.i", source_arn=unknown(), target_arn=unknown()),
        )
    )
    assert moved(found, "aws_s3_bucket.b").way is Way.EXPORT
    assert found.gaps[-1].resource == "aws_rds_integration.i"


def test_a_proxy_forwards_to_its_database() -> None:
    found = rds_proxy.read(
        reading(
            *NETWORK,
            thing("aws_secretsmanager_secret.s"),
            thing("aws_db_instance.d", engine="postgres", port=6000),
            thing(
                "aws_db_proxy.p",
                engine_family="POSTGRESQL",
                require_tls=True,
                vpc_subnet_ids=[ref("aws_subnet.a"), ref("aws_subnet.b")],
                vpc_security_group_ids=[ref("aws_security_group.db")],
                auth=[{"secret_arn": ref("aws_secretsmanager_secret.s")}],
            ),
            thing(
                "aws_db_proxy_target.t",
                db_proxy_name=ref("aws_db_proxy.p"),
                db_instance_identifier=ref("aws_db_instance.d"),
            ),
        )
    )
    (interface,) = found.network.interfaces
    assert (interface.owner, interface.public) == ("aws_db_proxy.p", False)
    (forward,) = found.network.forwards
    assert isinstance(forward, Forward)
    assert (forward.owner, forward.ports) == ("aws_db_proxy.p", Ports(5432, 5432))
    assert (forward.target, forward.to_ports) == ("aws_db_instance.d", Ports(6000, 6000))
    assert found.network.listeners[0].encrypted is True
    assert [each.used for each in found.uses] == ["aws_secretsmanager_secret.s"]


def test_a_proxy_that_does_not_ask_for_tls_may_be_talked_to_in_the_clear() -> None:
    found = rds_proxy.read(reading(thing("aws_db_proxy.p", engine_family="MYSQL")))
    assert found.network.listeners[0].encrypted is False


def test_the_only_cluster_with_a_known_user_is_the_primary() -> None:
    found = read(
        thing("aws_rds_global_cluster.g"),
        cluster(
            global_cluster_identifier=ref("aws_rds_global_cluster.g"),
            master_username="u",
            restore_to_point_in_time=[],
        ),
        cluster(
            "second",
            global_cluster_identifier=ref("aws_rds_global_cluster.g"),
            master_username=unknown(),
            manage_master_user_password=False,
            restore_to_point_in_time=[],
        ),
    )
    assert [each.source for each in found.movements if each.way is Way.REPLICATION] == [MAIN]


def test_a_cluster_has_backups_for_a_day_at_least() -> None:
    movement = moved(read(cluster(backup_retention_period=unknown())), f"{MAIN}/automated-backups")
    assert (movement.sure, movement.kept_s) == (True, 86400)


def test_what_moves_from_an_unknown_source_is_a_gap_about_all_that_it_may_be() -> None:
    found = rds_copies.read(
        reading(
            thing("aws_s3_bucket.b"),
            thing("aws_db_snapshot.s", db_instance_identifier="d"),
            thing(
                "aws_rds_export_task.e",
                source_arn=unknown(),
                s3_bucket_name=ref("aws_s3_bucket.b"),
            ),
        )
    )
    assert set(found.gaps[-1].about) == {
        "aws_rds_export_task.e",
        "aws_s3_bucket.b",
        "aws_db_snapshot.s",
    }


def test_a_proxy_to_an_unknown_database_is_a_gap_about_all_of_them() -> None:
    found = rds_proxy.read(
        reading(
            thing("aws_db_instance.d", engine="mysql"),
            thing("aws_db_proxy.p", engine_family="MYSQL"),
            thing(
                "aws_db_proxy_target.t",
                db_proxy_name=ref("aws_db_proxy.p"),
                db_instance_identifier=unknown(),
            ),
        )
    )
    assert {"aws_db_proxy.p", "aws_db_instance.d"} <= set(found.gaps[-1].about)


def test_a_snapshot_of_what_is_no_database_is_a_gap_about_all_of_them() -> None:
    found = rds_copies.read(
        reading(
            thing("aws_vpc.v"),
            thing("aws_db_instance.d", engine="mysql"),
            thing("aws_db_snapshot.s", db_instance_identifier=ref("aws_vpc.v")),
        )
    )
    assert found.movements == ()
    assert "aws_db_instance.d" in found.gaps[-1].about
