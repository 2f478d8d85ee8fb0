import json

import pytest
from terraform_support import Thing, outside, reading, ref, thing, unknown

from caisson.terraform.aws import dax, dynamodb, efs, fsx
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import UNKNOWN
from caisson.topology.network import Ports
from caisson.topology.resources import Holding, Movement, Question, Rest, Way

TABLE = "aws_dynamodb_table.t"
FILES = "aws_efs_file_system.f"
THERE = thing("aws_vpc.there", in_region="us-east-1")


def held(fragment: Fragment, id_: str) -> Holding:
    return next(each for each in fragment.holdings if each.id == id_)


def moved(fragment: Fragment, target: str) -> Movement:
    return next(each for each in fragment.movements if each.target == target)


def table(*things: Thing, **attributes: object) -> Fragment:
    return dynamodb.read(reading(THERE, thing(TABLE, name="t", **attributes), *things))


def files(*things: Thing, **attributes: object) -> Fragment:
    return efs.read(reading(THERE, thing(FILES, **attributes), *things))


def test_a_table_with_nothing_said_is_encrypted_and_has_no_backups() -> None:
    found = table(point_in_time_recovery=UNKNOWN, server_side_encryption=UNKNOWN)
    store = held(found, TABLE)
    assert (store.rest, store.encrypted, store.keys) == (Rest.STORE, True, ())
    assert (store.multi_zone, store.public, store.deletion_protected) == (True, False, False)
    assert found.movements == ()


def test_a_table_names_its_key() -> None:
    key = thing("aws_kms_key.k")
    said = [{"enabled": True, "kms_key_arn": ref("aws_kms_key.k")}]
    assert held(table(key, server_side_encryption=said), TABLE).keys == ("aws_kms_key.k",)


@pytest.mark.parametrize(("days", "kept"), [(None, 35), (7, 7)])
def test_point_in_time_recovery(days: int | None, kept: int) -> None:
    found = table(point_in_time_recovery=[{"enabled": True, "recovery_period_in_days": days}])
    movement = moved(found, f"{TABLE}/automated-backups")
    assert (movement.lag_most_s, movement.point_in_time) == (300, True)
    assert movement.kept_s == kept * 86400
    off = table(point_in_time_recovery=[{"enabled": False}])
    assert off.movements == ()
    perhaps = table(point_in_time_recovery=[{"enabled": unknown()}])
    assert moved(perhaps, f"{TABLE}/automated-backups").sure is False


def test_replicas_take_writes_in_their_regions() -> None:
    found = table(replica=[{"region_name": "us-east-1", "point_in_time_recovery": True}])
    replica = held(found, f"{TABLE}/replica/us-east-1")
    assert (replica.region, replica.jurisdiction, replica.resource) == ("us-east-1", "us", TABLE)
    assert (replica.encrypted, replica.rest) == (True, Rest.STORE)
    assert {
        (each.source, each.target, each.lag_most_s)
        for each in found.movements
        if each.way is Way.REPLICATION
    } == {(TABLE, replica.id, None), (replica.id, TABLE, None)}
    backups = held(found, f"{replica.id}/automated-backups")
    assert backups.region == "us-east-1"


def test_a_replica_in_a_region_that_is_not_known_has_no_jurisdiction() -> None:
    found = table(replica=[{"region_name": unknown()}])
    replica = held(found, f"{TABLE}/replica/0")
    assert (replica.region, replica.jurisdiction) == (None, None)
    assert Question.RESIDENCY in table(replica=unknown()).gaps[0].questions
    # The provider never fills these in, so that somebody wrote them in a dynamic block.
    assert Question.RESIDENCY in table(replica=UNKNOWN).gaps[0].questions


def test_a_replica_as_a_resource_and_one_of_an_unknown_table() -> None:
    there = "aws_dynamodb_table_replica.r"
    found = table(thing(there, in_region="us-east-1", global_table_arn=ref(TABLE)))
    assert moved(found, there).source == TABLE
    assert held(found, there).region == "us-east-1"
    lost = table(thing(there, global_table_arn=unknown()))
    assert lost.gaps[0].resource == there


def test_a_global_table_of_2017_joins_tables_by_name() -> None:
    found = dynamodb.read(
        reading(
            thing("aws_dynamodb_table.here", name="g"),
            thing("aws_dynamodb_table.there", in_region="us-east-1", name="g"),
            thing(
                "aws_dynamodb_global_table.g",
                name="g",
                replica=[
                    {"region_name": each} for each in ("eu-central-1", "us-east-1", "ap-south-1")
                ],
            ),
        )
    )
    pairs = {(each.source, each.target) for each in found.movements}
    assert ("aws_dynamodb_table.here", "aws_dynamodb_table.there") in pairs
    assert ("aws_dynamodb_table.here", "aws_dynamodb_global_table.g/ap-south-1") in pairs
    assert held(found, "aws_dynamodb_global_table.g/ap-south-1").region == "ap-south-1"


def test_streams_exports_and_kinesis_take_data_away() -> None:
    found = table(
        thing("aws_kinesis_stream.k"),
        thing("aws_s3_bucket.b"),
        thing(
            "aws_dynamodb_kinesis_streaming_destination.d",
            table_name=ref(TABLE),
            stream_arn=ref("aws_kinesis_stream.k"),
        ),
        thing(
            "aws_dynamodb_table_export.e", table_arn=ref(TABLE), s3_bucket=ref("aws_s3_bucket.b")
        ),
        stream_enabled=True,
    )
    assert held(found, f"{TABLE}/stream").rest is Rest.STREAM
    assert moved(found, "aws_kinesis_stream.k").way is Way.EXPORT
    assert moved(found, "aws_s3_bucket.b").way is Way.EXPORT


def test_a_policy_may_open_a_table() -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "dynamodb:*", "Resource": "*"}
    attached = thing(
        "aws_dynamodb_resource_policy.p",
        resource_arn=ref(TABLE),
        policy=json.dumps({"Statement": [statement]}),
    )
    found = table(attached)
    assert held(found, TABLE).public is True
    assert found.policies[0].attached_to == TABLE


def test_dax_is_in_the_clear_unless_told() -> None:
    def cluster(**attributes: object) -> Fragment:
        return dax.read(reading(thing("aws_dax_cluster.c", replication_factor=1, **attributes)))

    plain = held(cluster(), "aws_dax_cluster.c")
    assert (plain.encrypted, plain.encrypted_in_transit, plain.durable) == (False, False, False)
    told = cluster(
        cluster_endpoint_encryption_type="TLS", server_side_encryption=[{"enabled": True}]
    )
    store = held(told, "aws_dax_cluster.c")
    assert (store.encrypted, store.encrypted_in_transit) == (True, True)
    assert told.network.interfaces[0].listens == (Ports(9111, 9111),)


def test_a_file_system_with_nothing_said() -> None:
    found = files(encrypted=UNKNOWN, availability_zone_name=UNKNOWN)
    store = held(found, FILES)
    assert (store.rest, store.encrypted, store.encrypted_in_transit) == (Rest.FILES, False, False)
    assert (store.public, store.multi_zone) == (False, True)
    assert found.movements == ()


def test_mount_targets_are_its_interfaces() -> None:
    found = files(
        thing("aws_vpc.v"),
        thing("aws_subnet.a", vpc_id=ref("aws_vpc.v")),
        thing("aws_security_group.s", vpc_id=ref("aws_vpc.v")),
        thing(
            "aws_efs_mount_target.m",
            file_system_id=ref(FILES),
            subnet_id=ref("aws_subnet.a"),
            security_groups=[ref("aws_security_group.s")],
        ),
        thing("aws_efs_mount_target.lost", file_system_id=unknown(), subnet_id="subnet-1"),
    )
    (interface,) = found.network.interfaces
    assert (interface.owner, interface.subnets) == (FILES, ("aws_subnet.a",))
    assert interface.listens == (Ports(2049, 2049),)
    assert [each.group for each in interface.groups] == ["aws_security_group.s"]
    assert found.gaps[0].resource == "aws_efs_mount_target.lost"


@pytest.mark.parametrize(("status", "number"), [("ENABLED", 1), ("DISABLED", 0)])
def test_automatic_backups(status: str, number: int) -> None:
    attached = thing(
        "aws_efs_backup_policy.b", file_system_id=ref(FILES), backup_policy=[{"status": status}]
    )
    found = files(attached)
    assert len(found.movements) == number
    if number:
        movement = moved(found, f"{FILES}/automatic-backups")
        assert (movement.lag_most_s, movement.kept_s) == (32 * 3600, 35 * 86400)
        assert not movement.point_in_time


def test_one_zone_has_backups_by_default() -> None:
    found = files(availability_zone_name="eu-central-1a")
    assert held(found, FILES).multi_zone is False
    assert moved(found, f"{FILES}/automatic-backups").sure


def test_a_policy_that_refuses_plain_text_encrypts_in_transit() -> None:
    statement = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    attached = thing(
        "aws_efs_file_system_policy.p",
        file_system_id=ref(FILES),
        policy=json.dumps({"Statement": [statement]}),
    )
    assert held(files(attached), FILES).encrypted_in_transit is True
    untold = thing("aws_efs_file_system_policy.p", file_system_id=ref(FILES), policy=unknown())
    assert held(files(untold), FILES).encrypted_in_transit is None


def test_replication_makes_a_file_system_elsewhere_or_fills_one() -> None:
    address = "aws_efs_replication_configuration.r"
    made = files(
        thing(address, source_file_system_id=ref(FILES), destination=[{"region": "us-east-1"}])
    )
    replica = held(made, address)
    assert (replica.region, replica.jurisdiction, replica.encrypted) == ("us-east-1", "us", True)
    assert (moved(made, address).source, moved(made, address).lag_most_s) == (FILES, None)
    filled = files(
        thing("aws_efs_file_system.other", in_region="us-east-1"),
        thing(
            address,
            source_file_system_id=ref(FILES),
            destination=[{"file_system_id": ref("aws_efs_file_system.other")}],
        ),
    )
    assert moved(filled, "aws_efs_file_system.other").way is Way.REPLICATION
    assert address not in {each.id for each in filled.holdings}
    lost = files(thing(address, source_file_system_id=unknown(), destination=[]))
    assert Question.RESIDENCY in lost.gaps[0].questions


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [("windows", {}, 7), ("openzfs", {}, None), ("ontap", {}, None), ("lustre", {}, None)],
)
def test_file_systems_of_fsx(kind: str, given: dict[str, object], kept: int | None) -> None:
    address = f"aws_fsx_{kind}_file_system.f"
    found = fsx.read(reading(thing(address, deployment_type="MULTI_AZ_1", **given)))
    store = held(found, address)
    assert (store.encrypted, store.multi_zone, store.durable) == (True, True, True)
    days = [each.kept_s for each in found.movements]
    assert days == ([] if kept is None else [kept * 86400])


def test_scratch_file_systems_are_not_durable() -> None:
    found = fsx.read(reading(thing("aws_fsx_lustre_file_system.f")))
    assert held(found, "aws_fsx_lustre_file_system.f").durable is False
    assert held(found, "aws_fsx_lustre_file_system.f").multi_zone is False


def test_a_bucket_behind_lustre() -> None:
    found = fsx.read(
        reading(
            thing("aws_s3_bucket.b"),
            thing("aws_fsx_lustre_file_system.f", deployment_type="PERSISTENT_2"),
            thing(
                "aws_fsx_data_repository_association.a",
                file_system_id=ref("aws_fsx_lustre_file_system.f"),
                data_repository_path=ref("aws_s3_bucket.b"),
                s3=[{"auto_export_policy": [{"events": ["NEW"]}]}],
            ),
            thing("aws_fsx_backup.k", file_system_id=ref("aws_fsx_lustre_file_system.f")),
        )
    )
    assert moved(found, "aws_fsx_lustre_file_system.f").way is Way.CACHE
    assert moved(found, "aws_s3_bucket.b").way is Way.EXPORT
    assert moved(found, "aws_s3_bucket.b").sure
    assert held(found, "aws_fsx_backup.k").encrypted is True
    foreign = fsx.read(reading(thing("aws_fsx_backup.k", file_system_id=outside("fs-1"))))
    assert moved(foreign, "aws_fsx_backup.k").source == "fs-1"


def test_a_zone_that_may_be_none_leaves_open_how_many_there_are() -> None:
    found = files(availability_zone_name=unknown())
    assert held(found, FILES).multi_zone is None
    assert moved(found, f"{FILES}/automatic-backups").sure is False


def test_replication_into_a_file_system_that_may_be_new() -> None:
    address = "aws_efs_replication_configuration.r"
    there = {"region": "us-east-1", "file_system_id": unknown()}
    found = files(thing(address, source_file_system_id=ref(FILES), destination=[there]))
    assert held(found, address).sure is False
    assert moved(found, address).sure is False
