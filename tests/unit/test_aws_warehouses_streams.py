import pytest
from terraform_support import Thing, among, outside, reading, ref, refs, thing, unknown

from caisson.terraform.aws import dms, mq, msk, redshift, timeseries
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import UNKNOWN
from caisson.topology.network import Ports
from caisson.topology.resources import Holding, Movement, Question, Rest, Way

NETWORK = (
    thing("aws_vpc.main", cidr_block="10.0.0.0/16"),
    thing("aws_vpc.there", in_region="us-east-1"),
    thing("aws_subnet.a", vpc_id=ref("aws_vpc.main")),
    thing("aws_subnet.b", vpc_id=ref("aws_vpc.main")),
    thing("aws_security_group.s", vpc_id=ref("aws_vpc.main")),
)
WAREHOUSE = "aws_redshift_cluster.w"
KAFKA = "aws_msk_cluster.k"
BROKER = "aws_mq_broker.b"


def held(fragment: Fragment, id_: str) -> Holding:
    return next(each for each in fragment.holdings if each.id == id_)


def moved(fragment: Fragment, target: str) -> Movement:
    return next(each for each in fragment.movements if each.target == target)


def warehouse(*things: Thing, **attributes: object) -> Fragment:
    return redshift.read(reading(*NETWORK, thing(WAREHOUSE, **attributes), *things))


def kafka(*things: Thing, brokers: dict[str, object] | None = None, **more: object) -> Fragment:
    node = {
        "client_subnets": [ref("aws_subnet.a"), ref("aws_subnet.b")],
        "security_groups": [ref("aws_security_group.s")],
        **(brokers or {}),
    }
    return msk.read(reading(*NETWORK, thing(KAFKA, broker_node_group_info=[node], **more), *things))


def broker(**attributes: object) -> Fragment:
    given = {"engine_type": "ActiveMQ", **attributes}
    return mq.read(reading(*NETWORK, thing(BROKER, **given)))


def test_a_warehouse_with_what_the_provider_plans() -> None:
    found = warehouse(
        encrypted=False,
        publicly_accessible=True,
        automated_snapshot_retention_period=1,
        cluster_subnet_group_name=UNKNOWN,
    )
    store = held(found, WAREHOUSE)
    assert store.encrypted is None  # False is what is planned when nobody asks, and is not heeded
    assert (store.public, store.multi_zone) == (True, False)
    movement = moved(found, f"{WAREHOUSE}/automated-backups")
    assert (movement.lag_most_s, movement.kept_s) == (8 * 3600, 86400)
    (interface,) = found.network.interfaces
    assert (interface.public, interface.listens) == (True, (Ports(5439, 5439),))
    assert warehouse(automated_snapshot_retention_period=0).movements == ()


def test_a_warehouse_names_its_key() -> None:
    key = thing("aws_kms_key.k")
    store = held(warehouse(key, encrypted=True, kms_key_id=ref("aws_kms_key.k")), WAREHOUSE)
    assert (store.encrypted, store.keys) == (True, ("aws_kms_key.k",))


@pytest.mark.parametrize(
    ("family", "value", "expected"),
    [
        ("redshift-1.0", None, False),
        ("redshift-2.0", None, True),
        ("redshift-1.0", "true", True),
        ("redshift-2.0", "false", False),
        ("redshift-1.0", unknown(), None),
    ],
)
def test_require_ssl(family: str, value: object, expected: object) -> None:
    parameters = [] if value is None else [{"name": "require_ssl", "value": value}]
    group = thing("aws_redshift_parameter_group.p", family=family, parameter=parameters)
    found = warehouse(group, cluster_parameter_group_name=ref("aws_redshift_parameter_group.p"))
    assert held(found, WAREHOUSE).encrypted_in_transit is expected


def test_snapshots_of_a_warehouse_are_copied_to_another_region() -> None:
    grant = thing("aws_redshift_snapshot_copy_grant.g", kms_key_id=outside("arn:aws:kms:x:1:key/k"))
    inside = {"destination_region": "us-east-1", "grant_name": None, "retention_period": 3}
    found = warehouse(snapshot_copy=[inside])
    copy = held(found, f"{WAREHOUSE}/snapshot-copy")
    assert (copy.region, copy.jurisdiction, copy.encrypted) == ("us-east-1", "us", None)
    assert moved(found, copy.id).kept_s == 3 * 86400
    beside = thing(
        "aws_redshift_snapshot_copy.c",
        cluster_identifier=ref(WAREHOUSE),
        destination_region="us-east-1",
        snapshot_copy_grant_name=ref("aws_redshift_snapshot_copy_grant.g"),
    )
    found = warehouse(grant, beside)
    copy = held(found, "aws_redshift_snapshot_copy.c")
    assert (copy.encrypted, copy.keys) == (True, ("arn:aws:kms:x:1:key/k",))
    assert moved(found, copy.id).way is Way.COPY


def test_audit_logs_of_a_warehouse() -> None:
    found = warehouse(
        thing("aws_s3_bucket.b"),
        thing(
            "aws_redshift_logging.l",
            cluster_identifier=ref(WAREHOUSE),
            bucket_name=ref("aws_s3_bucket.b"),
        ),
    )
    assert moved(found, "aws_s3_bucket.b").way is Way.LOG
    inside = warehouse(logging=[{"enable": True, "log_destination_type": "cloudwatch"}])
    assert held(inside, f"{WAREHOUSE}/logs").rest is Rest.LOG
    assert warehouse(logging=[{"enable": False}]).movements == warehouse().movements


def test_a_workgroup_is_how_a_namespace_is_reached() -> None:
    space = "aws_redshiftserverless_namespace.n"

    def serverless(name: object) -> Fragment:
        group = thing(
            "aws_redshiftserverless_workgroup.g",
            namespace_name=name,
            subnet_ids=[ref("aws_subnet.a")],
            publicly_accessible=True,
        )
        return redshift.read(reading(*NETWORK, thing(space, namespace_name="n"), group))

    found = serverless(ref(space))
    assert (held(found, space).encrypted, held(found, space).public) == (True, True)
    assert [each.owner for each in found.network.interfaces] == [space]
    assert moved(found, f"{space}/automated-backups").lag_most_s == 1800
    assert space in serverless(unknown()).gaps[-1].about


def test_kafka_is_encrypted_unless_told() -> None:
    found = kafka()
    store = held(found, KAFKA)
    assert (store.rest, store.encrypted, store.encrypted_in_transit) == (Rest.STREAM, True, True)
    assert (store.public, store.multi_zone) == (False, None)
    (interface,) = found.network.interfaces
    assert interface.subnets == ("aws_subnet.a", "aws_subnet.b")
    assert interface.all_subnets
    assert interface.listens is not None
    assert Ports(9092, 9092) in interface.listens
    assert Ports(9194, 9194) not in interface.listens


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"client_broker": "TLS_PLAINTEXT"}, False),
        ({"client_broker": "PLAINTEXT"}, False),
        ({"client_broker": "TLS", "in_cluster": False}, False),
        ({"client_broker": unknown()}, None),
        ({}, True),
    ],
)
def test_kafka_in_the_clear(said: dict[str, object], expected: object) -> None:
    found = kafka(encryption_info=[{"encryption_in_transit": [said]}])
    assert held(found, KAFKA).encrypted_in_transit is expected


def test_public_kafka_has_public_ports() -> None:
    access = [{"public_access": [{"type": "SERVICE_PROVIDED_EIPS"}]}]
    found = kafka(brokers={"connectivity_info": access})
    assert held(found, KAFKA).public is True
    listens = found.network.interfaces[0].listens
    assert listens is not None
    assert Ports(9194, 9194) in listens


def test_kafka_logs_replicators_and_connections() -> None:
    logs = [{"broker_logs": [{"s3": [{"enabled": True, "bucket": ref("aws_s3_bucket.b")}]}]}]
    found = kafka(
        thing("aws_s3_bucket.b"),
        thing("aws_msk_cluster.other", in_region="us-east-1"),
        thing(
            "aws_msk_replicator.r",
            replication_info_list=[
                {
                    "source_kafka_cluster_arn": ref(KAFKA),
                    "target_kafka_cluster_arn": ref("aws_msk_cluster.other"),
                }
            ],
        ),
        thing(
            "aws_msk_vpc_connection.c",
            target_cluster_arn=ref(KAFKA),
            client_subnets=[ref("aws_subnet.a")],
        ),
        logging_info=logs,
    )
    assert moved(found, "aws_s3_bucket.b").way is Way.LOG
    replication = moved(found, "aws_msk_cluster.other")
    assert (replication.way, replication.lag_most_s) == (Way.REPLICATION, None)
    assert [(each.owner, each.target) for each in found.network.forwards] == [
        ("aws_msk_vpc_connection.c", KAFKA)
    ]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("ACTIVE_STANDBY_MULTI_AZ", True),
        ("SINGLE_INSTANCE", None),
        ("CLUSTER_MULTI_AZ", None),
        (unknown(), None),
    ],
)
def test_brokers_and_zones(mode: object, expected: object) -> None:
    store = held(broker(deployment_mode=mode, storage_type=UNKNOWN), BROKER)
    assert store.multi_zone is expected
    assert (store.encrypted, store.encrypted_in_transit) == (True, True)


def test_a_broker_on_a_disk_is_in_one_zone() -> None:
    assert held(broker(engine_type="RabbitMQ"), BROKER).multi_zone is False


def test_a_public_broker_and_its_logs() -> None:
    found = broker(publicly_accessible=True, logs=[{"general": True}])
    assert held(found, BROKER).public is True
    assert found.network.interfaces[0].public is True
    assert moved(found, f"{BROKER}/logs/general").way is Way.LOG


def test_stores_that_are_reached_by_the_clouds_api() -> None:
    found = timeseries.read(
        reading(
            *NETWORK,
            thing("aws_timestreamwrite_database.t"),
            thing("aws_qldb_ledger.l"),
            thing("aws_keyspaces_keyspace.k", replication_specification=REGIONS),
            thing(
                "aws_keyspaces_table.t",
                keyspace_name=ref("aws_keyspaces_keyspace.k"),
                point_in_time_recovery=[{"status": "ENABLED"}],
            ),
            thing("aws_timestreaminfluxdb_db_instance.i", vpc_subnet_ids=[ref("aws_subnet.a")]),
        )
    )
    assert held(found, "aws_timestreamwrite_database.t").encrypted is True
    assert held(found, "aws_qldb_ledger.l").deletion_protected is True
    replica = held(found, "aws_keyspaces_table.t/replica/us-east-1")
    assert (replica.region, replica.jurisdiction) == ("us-east-1", "us")
    backup = moved(found, "aws_keyspaces_table.t/automated-backups")
    assert (backup.point_in_time, backup.lag_most_s) == (True, None)
    assert held(found, "aws_timestreaminfluxdb_db_instance.i").multi_zone is False
    assert [each.owner for each in found.network.interfaces] == [
        "aws_timestreaminfluxdb_db_instance.i"
    ]


REGIONS = [{"replication_strategy": "MULTI_REGION", "region_list": ["eu-central-1", "us-east-1"]}]


def migration(target: object) -> Fragment:
    return dms.read(
        reading(
            *NETWORK,
            thing("aws_db_instance.d", engine="mysql"),
            thing("aws_s3_bucket.b"),
            thing("aws_dms_endpoint.from", server_name=ref("aws_db_instance.d")),
            thing("aws_dms_s3_endpoint.to", bucket_name=target),
            thing(
                "aws_dms_replication_task.t",
                source_endpoint_arn=ref("aws_dms_endpoint.from"),
                target_endpoint_arn=ref("aws_dms_s3_endpoint.to"),
            ),
            thing("aws_dms_replication_subnet_group.g", subnet_ids=refs("aws_subnet.a")),
            thing(
                "aws_dms_replication_instance.i",
                replication_subnet_group_id=ref("aws_dms_replication_subnet_group.g"),
            ),
        )
    )


def test_a_migration_moves_data_between_what_its_endpoints_name() -> None:
    found = migration(ref("aws_s3_bucket.b"))
    movement = moved(found, "aws_s3_bucket.b")
    assert (movement.way, movement.source, movement.sure) == (Way.EXPORT, "aws_db_instance.d", True)
    assert found.gaps == ()


def test_a_migration_to_what_is_not_told_is_a_gap() -> None:
    found = migration(unknown())
    assert found.gaps[0].questions == {
        Question.RESIDENCY,
        Question.RECOVERABILITY,
        Question.CONSISTENCY,
    }
    assert "aws_db_instance.d" in found.gaps[0].about


def test_a_replication_instance_is_public_unless_told() -> None:
    found = migration(ref("aws_s3_bucket.b"))
    store = held(found, "aws_dms_replication_instance.i")
    assert (store.public, store.encrypted, store.rest) == (True, True, Rest.DISK)
    assert found.network.interfaces[0].listens == ()


def test_a_migration_from_one_of_several_may_be_from_one_that_is_not_told() -> None:
    found = dms.read(
        reading(
            thing("aws_db_instance.d", engine="mysql"),
            thing("aws_db_instance.other", engine="mysql"),
            thing("aws_s3_bucket.b"),
            thing("aws_dms_endpoint.from", server_name=ref("aws_db_instance.d")),
            thing("aws_dms_endpoint.untold", server_name=unknown()),
            thing("aws_dms_s3_endpoint.to", bucket_name=ref("aws_s3_bucket.b")),
            thing(
                "aws_dms_replication_task.t",
                source_endpoint_arn=among("aws_dms_endpoint.from", "aws_dms_endpoint.untold"),
                target_endpoint_arn=ref("aws_dms_s3_endpoint.to"),
            ),
        )
    )
    assert moved(found, "aws_s3_bucket.b").sure is False
    assert "aws_db_instance.other" in found.gaps[0].about
