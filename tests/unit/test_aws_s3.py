"""What an S3 bucket is, and where its content goes: each default and each trap."""

import json

import pytest
from terraform_support import Thing, among, outside, reading, ref, thing, unknown

from caisson.terraform.aws import s3
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import UNKNOWN
from caisson.topology.resources import Holding, Movement, Question, Rest, Way

B = "aws_s3_bucket.b"
EVERYBODY = json.dumps(
    {
        "Statement": {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::b/*",
        }
    }
)
ONLY_TLS = json.dumps(
    {
        "Statement": {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    }
)
FLAGS = (
    "block_public_acls",
    "block_public_policy",
    "ignore_public_acls",
    "restrict_public_buckets",
)


def read(*things: Thing, account: str | None = "111111111111") -> Fragment:
    return s3.read(reading(*things, account=account))


def bucket(*things: Thing, **attributes: object) -> Holding:
    (found,) = read(thing(B, **attributes), *things).holdings
    return found


def part(kind: str, name: str = "x", of: object = None, **attributes: object) -> Thing:
    return thing(f"aws_s3_bucket_{kind}.{name}", bucket=of or ref(B), **attributes)


def block(*on: str, of: object = None) -> Thing:
    return part("public_access_block", of=of, **{each: each in on for each in FLAGS})


def test_what_a_bucket_is_when_nothing_is_said() -> None:
    found = bucket(acl=UNKNOWN, policy=UNKNOWN, versioning=UNKNOWN, object_lock_enabled=UNKNOWN)
    assert (found.rest, found.system, found.region) == (Rest.FILES, "s3", "eu-central-1")
    assert found.encrypted is True
    assert found.keys == ()
    assert found.public is False
    assert found.versioned is False
    assert found.deletion_protected is False
    assert found.multi_zone is True
    assert found.encrypted_in_transit is False


# Public


@pytest.mark.parametrize(
    ("acl", "expected"),
    [
        ("private", False),
        ("log-delivery-write", False),
        ("public-read", True),
        ("public-read-write", True),
        ("authenticated-read", True),
        (unknown(), None),
    ],
)
def test_access_control_lists(acl: object, expected: bool | None) -> None:
    assert bucket(acl=acl).public is expected
    assert bucket(part("acl", acl=acl)).public is expected


@pytest.mark.parametrize("group", ["AllUsers", "AuthenticatedUsers"])
def test_grants_to_everybody(group: str) -> None:
    uri = f"http://acs.amazonaws.com/groups/global/{group}"
    grantee = {"type": "Group", "uri": uri}
    control = {"grant": [{"permission": "READ", "grantee": [grantee]}]}
    assert bucket(part("acl", access_control_policy=[control])).public is True
    assert bucket(grant=[{"type": "Group", "uri": uri, "permissions": ["READ"]}]).public is True


def test_a_grant_to_a_group_known_after_apply() -> None:
    grant = {"permission": "READ", "grantee": [{"type": "Group", "uri": unknown()}]}
    assert bucket(part("acl", access_control_policy=[{"grant": [grant]}])).public is None


def test_grants_to_somebody() -> None:
    uri = "http://acs.amazonaws.com/groups/s3/LogDelivery"
    grant = {"permission": "WRITE", "grantee": [{"type": "Group", "uri": uri}]}
    assert bucket(part("acl", access_control_policy=[{"grant": [grant]}])).public is False


@pytest.mark.parametrize(
    ("flags", "by_list", "by_policy"),
    [
        ((), True, True),
        (FLAGS, False, False),
        (("ignore_public_acls",), False, True),
        (("restrict_public_buckets",), True, False),
        # These two only refuse new requests.
        (("block_public_acls",), None, True),
        (("block_public_policy",), True, None),
    ],
)
def test_each_flag_of_the_block(
    flags: tuple[str, ...], by_list: bool | None, by_policy: bool | None
) -> None:
    assert bucket(block(*flags), part("acl", acl="public-read")).public is by_list
    assert bucket(block(*flags), part("policy", policy=EVERYBODY)).public is by_policy


def test_a_flag_that_is_not_known() -> None:
    closing = part("public_access_block", restrict_public_buckets=unknown())
    assert bucket(closing, part("policy", policy=EVERYBODY)).public is None


def test_the_block_of_the_account() -> None:
    whole = thing("aws_s3_account_public_access_block.a", **dict.fromkeys(FLAGS, True))
    opened = part("policy", policy=EVERYBODY)
    assert bucket(whole, opened).public is False
    elsewhere = thing(
        "aws_s3_account_public_access_block.a",
        in_account="222222222222",
        **dict.fromkeys(FLAGS, True),
    )
    assert bucket(elsewhere, opened).public is True
    (told,) = read(thing(B), whole, opened, account=None).holdings
    assert told.public is None


def test_a_block_that_is_perhaps_of_another_bucket() -> None:
    other = thing("aws_s3_bucket.other")
    perhaps = block(*FLAGS, of=among(B, "aws_s3_bucket.other"))
    found = read(thing(B), other, perhaps, part("policy", policy=EVERYBODY)).holdings
    assert [each.public for each in found] == [None, False]


@pytest.mark.parametrize(
    ("ownership", "expected"),
    [
        ("BucketOwnerEnforced", False),
        ("BucketOwnerPreferred", True),
        ("ObjectWriter", True),
        (unknown(), None),
    ],
)
def test_ownership_decides_whether_lists_work(ownership: object, expected: bool | None) -> None:
    controls = part("ownership_controls", rule=[{"object_ownership": ownership}])
    assert bucket(controls, part("acl", acl="public-read")).public is expected
    assert bucket(controls, part("policy", policy=EVERYBODY)).public is True


def test_a_policy_known_after_apply() -> None:
    assert bucket(part("policy", policy=unknown())).public is None
    assert bucket(part("policy", policy=unknown()), block(*FLAGS)).public is False
    assert bucket(part("policy", of=unknown(), policy=EVERYBODY)).public is None
    assert bucket(policy=EVERYBODY).public is True


def test_a_public_object() -> None:
    page = thing("aws_s3_object.page", bucket=ref(B), key="index.html", acl="public-read")
    assert bucket(page).public is True
    assert bucket(page, block("ignore_public_acls")).public is False


def test_a_part_that_names_the_bucket_through_another_part() -> None:
    through = part("acl", acl="public-read", of=ref("aws_s3_bucket_ownership_controls.o"))
    controls = part("ownership_controls", "o", rule=[{"object_ownership": "ObjectWriter"}])
    assert bucket(controls, through).public is True


def test_in_transit() -> None:
    assert bucket(part("policy", policy=ONLY_TLS)).encrypted_in_transit is True
    assert bucket(part("policy", policy=EVERYBODY)).encrypted_in_transit is False
    assert bucket(part("policy", policy=unknown())).encrypted_in_transit is None


def test_a_directory_bucket_lies_in_one_zone() -> None:
    (found,) = read(thing("aws_s3_directory_bucket.d")).holdings
    assert (found.public, found.multi_zone, found.encrypted) == (False, False, True)


# Keys, versions, locks, zones


def encryption(algorithm: str = "aws:kms", **more: object) -> Thing:
    default = {"sse_algorithm": algorithm, **more}
    return part(
        "server_side_encryption_configuration",
        rule=[{"apply_server_side_encryption_by_default": [default]}],
    )


def test_keys_go_by_their_address_behind_any_alias() -> None:
    key = thing("aws_kms_key.k")
    alias = thing("aws_kms_alias.a", name="alias/files", target_key_id=ref("aws_kms_key.k"))
    assert bucket(key, encryption(kms_master_key_id=ref("aws_kms_key.k"))).keys == (
        "aws_kms_key.k",
    )
    assert bucket(key, alias, encryption(kms_master_key_id=ref("aws_kms_alias.a"))).keys == (
        "aws_kms_key.k",
    )
    clouds = "alias/aws/s3"
    for each in (clouds, f"arn:aws:kms:eu-central-1:222222222222:{clouds}"):
        assert bucket(encryption(kms_master_key_id=outside(each))).keys == ()
    arn = "arn:aws:kms:eu-central-1:222222222222:key/1234"
    assert bucket(encryption(kms_master_key_id=outside(arn))).keys == (arn,)


def test_a_key_of_another_bucket_perhaps_is_none_of_this_one() -> None:
    key = thing("aws_kms_key.k")
    other = {**encryption(kms_master_key_id=ref("aws_kms_key.k")).attributes, "bucket": unknown(B)}
    found = read(
        key, thing(B), thing("aws_s3_bucket_server_side_encryption_configuration.x", **other)
    )
    assert [each.keys for each in found.holdings] == [()]
    assert any(each.about == (B,) for each in found.gaps)


def test_a_key_known_after_apply_is_a_gap() -> None:
    found = read(thing(B), encryption(kms_master_key_id=unknown()))
    (gap,) = found.gaps
    assert gap.about == (B,)
    assert Question.ISOLATION in gap.questions
    assert read(thing(B), encryption("AES256")).gaps == ()


@pytest.mark.parametrize(
    ("status", "expected"),
    [("Enabled", True), ("Suspended", False), ("Disabled", False), (unknown(), None)],
)
def test_versioning(status: object, expected: bool | None) -> None:
    versioning = part("versioning", versioning_configuration=[{"status": status}])
    assert bucket(versioning).versioned is expected


def test_versioning_written_in_the_bucket() -> None:
    assert bucket(versioning=[{"enabled": True}]).versioned is True
    assert bucket(versioning=[{"enabled": UNKNOWN}]).versioned is False


def test_object_lock() -> None:
    retention = {"default_retention": [{"mode": "GOVERNANCE", "days": 30}]}
    lock = part("object_lock_configuration", rule=[retention])
    assert bucket(lock, object_lock_enabled=True).deletion_protected is True
    assert bucket(object_lock_enabled=True).deletion_protected is None
    assert bucket(object_lock_enabled=False).deletion_protected is False


@pytest.mark.parametrize(
    ("storage", "status", "expected"),
    [
        ("ONEZONE_IA", "Enabled", False),
        ("ONEZONE_IA", "Disabled", True),
        ("GLACIER", "Enabled", True),
        (unknown(), "Enabled", None),
    ],
)
def test_a_rule_that_moves_objects_into_one_zone(
    storage: object, status: str, expected: bool | None
) -> None:
    rule = {"status": status, "transition": [{"days": 30, "storage_class": storage}]}
    assert bucket(part("lifecycle_configuration", rule=[rule])).multi_zone is expected


# Copies

COPY = "aws_s3_bucket.copy"
VERSIONED = (
    part("versioning", "b", versioning_configuration=[{"status": "Enabled"}]),
    part("versioning", "copy", ref(COPY), versioning_configuration=[{"status": "Enabled"}]),
)


def rule(to: object = None, **more: object) -> dict[str, object]:
    destination = {"bucket": to or ref(COPY), **more.pop("destination", {})}  # type: ignore[dict-item]
    return {"id": "all", "status": "Enabled", "destination": [destination], **more}


def replicated(*rules: dict[str, object], and_: tuple[Thing, ...] = VERSIONED) -> list[Movement]:
    found = read(
        thing(B),
        thing(COPY, in_region="eu-west-1"),
        part("replication_configuration", rule=list(rules), role=outside("arn:aws:iam::1:role/r")),
        *and_,
    )
    return [each for each in found.movements if each.way is Way.REPLICATION]


def test_replication() -> None:
    (moved,) = replicated(rule())
    assert (moved.source, moved.target, moved.sure) == (B, COPY, True)
    assert moved.lag_most_s is None
    assert "rule all" in moved.via


def test_only_time_control_bounds_the_lag() -> None:
    control = {"replication_time": [{"status": "Enabled", "time": [{"minutes": 15}]}]}
    (moved,) = replicated(rule(destination=control))
    assert moved.lag_most_s == 900.0
    off = {"replication_time": [{"status": "Disabled", "time": [{"minutes": 15}]}]}
    (moved,) = replicated(rule(destination=off))
    assert moved.lag_most_s is None


@pytest.mark.parametrize(
    "limit",
    [
        {"filter": [{"prefix": "invoices/"}]},
        {"prefix": "invoices/"},
        {"filter": [{"and": [{"prefix": "invoices/", "tags": {"a": "b"}}]}]},
        {"filter": [{"tag": [{"key": "a", "value": "b"}]}]},
        {"filter": [{"prefix": unknown()}]},
    ],
)
def test_a_rule_for_a_part_bounds_nothing(limit: dict[str, object]) -> None:
    control = {"replication_time": [{"status": "Enabled", "time": [{"minutes": 15}]}]}
    (moved,) = replicated(rule(destination=control, **limit))
    assert moved.sure
    assert moved.lag_most_s is None
    assert "only what" in moved.via


def test_an_empty_filter_is_for_all() -> None:
    (moved,) = replicated(rule(filter=[{"prefix": ""}]))
    assert "only" not in moved.via


def test_a_rule_that_is_off_or_perhaps_on() -> None:
    assert replicated(rule() | {"status": "Disabled"}) == []
    (moved,) = replicated(rule() | {"status": unknown()})
    assert not moved.sure


def test_replication_needs_versions() -> None:
    (moved,) = replicated(rule(), and_=VERSIONED[:1])
    assert not moved.sure
    assert "destination is not versioned" in moved.via


def test_objects_under_kms_keys_are_replicated_only_when_selected() -> None:
    (moved,) = replicated(rule(), and_=(*VERSIONED, encryption()))
    assert not moved.sure
    selected = [{"sse_kms_encrypted_objects": [{"status": "Enabled"}]}]
    (moved,) = replicated(rule(source_selection_criteria=selected), and_=(*VERSIONED, encryption()))
    assert moved.sure


def test_a_destination_that_was_not_read_or_is_not_known() -> None:
    (moved,) = replicated(rule(outside("arn:aws:s3:::elsewhere")))
    assert moved.target == "arn:aws:s3:::elsewhere"
    found = read(thing(B), part("replication_configuration", rule=[rule(unknown())]))
    assert any(gap.about == (B,) and Question.RESIDENCY in gap.questions for gap in found.gaps)


def test_access_logs_and_inventories_go_elsewhere() -> None:
    found = read(
        thing(B),
        thing(COPY),
        part("logging", target_bucket=ref(COPY), target_prefix="logs/"),
        part("inventory", destination=[{"bucket": [{"bucket_arn": ref(COPY)}]}]),
        part(
            "inventory", "off", enabled=False, destination=[{"bucket": [{"bucket_arn": ref(COPY)}]}]
        ),
    )
    assert [(each.way, each.source, each.target) for each in found.movements] == [
        (Way.LOG, B, COPY),
        (Way.LOG, B, COPY),
    ]


def test_notifications_tell_queues_and_topics() -> None:
    found = read(
        thing(B),
        thing("aws_sqs_queue.q"),
        part("notification", queue=[{"queue_arn": ref("aws_sqs_queue.q")}]),
    )
    assert [(each.way, each.target) for each in found.movements] == [
        (Way.MESSAGE, "aws_sqs_queue.q")
    ]


def test_policies_are_kept_as_written() -> None:
    found = read(thing(B), part("policy", policy=EVERYBODY), part("policy", "y", policy=unknown()))
    assert [(each.attached_to, each.document) for each in found.policies] == [
        (B, EVERYBODY),
        (B, None),
    ]


# Blocks that cannot be seen: a `dynamic` block over something known after apply


def test_rules_that_cannot_be_seen_leave_it_open() -> None:
    assert bucket(part("versioning", versioning_configuration=UNKNOWN)).versioned is None
    assert bucket(part("lifecycle_configuration", rule=UNKNOWN)).multi_zone is None
    listed = part("acl", acl="public-read")
    assert bucket(part("ownership_controls", rule=UNKNOWN), listed).public is None
    assert bucket(part("acl", access_control_policy=UNKNOWN)).public is None
    hidden = part("server_side_encryption_configuration", rule=UNKNOWN)
    assert read(thing(B), hidden).gaps[0].about == (B,)


def test_replication_that_cannot_be_seen_is_a_gap() -> None:
    (gap,) = read(thing(B), part("replication_configuration", rule=UNKNOWN)).gaps
    assert gap.about == (B,)
    assert {Question.RESIDENCY, Question.RECOVERABILITY} <= gap.questions


def test_a_policy_beside_replaces_what_is_perhaps_written_inside() -> None:
    assert bucket(part("policy", policy=ONLY_TLS), policy=unknown()).public is False


# Parts that are perhaps another bucket's

EITHER = among(B, "aws_s3_bucket.other")


@pytest.mark.parametrize(
    ("perhaps", "field"),
    [
        (
            part("versioning", of=EITHER, versioning_configuration=[{"status": "Enabled"}]),
            "versioned",
        ),
        (part("acl", of=EITHER, acl="public-read"), "public"),
        (part("policy", of=EITHER, policy=EVERYBODY), "public"),
        (part("policy", of=EITHER, policy=ONLY_TLS), "encrypted_in_transit"),
        (part("object_lock_configuration", of=EITHER, rule=[]), "deletion_protected"),
        (
            part(
                "lifecycle_configuration",
                of=EITHER,
                rule=[{"status": "Enabled", "transition": [{"storage_class": "ONEZONE_IA"}]}],
            ),
            "multi_zone",
        ),
    ],
)
def test_what_is_perhaps_of_this_bucket_is_not_told(perhaps: Thing, field: str) -> None:
    found = read(thing(B), thing("aws_s3_bucket.other"), perhaps).holdings
    assert [getattr(each, field) for each in found] == [None, None]


def test_ownership_that_is_perhaps_of_this_bucket() -> None:
    controls = part(
        "ownership_controls", of=EITHER, rule=[{"object_ownership": "BucketOwnerEnforced"}]
    )
    other, listed = thing("aws_s3_bucket.other"), part("acl", acl="public-read")
    assert [each.public for each in read(thing(B), other, controls, listed).holdings] == [
        None,
        False,
    ]


def test_replication_between_buckets_of_which_it_is_not_known_whether_they_have_versions() -> None:
    unsure = part("versioning", "b", versioning_configuration=[{"status": unknown()}])
    (moved,) = replicated(rule(), and_=(unsure, VERSIONED[1]))
    assert not moved.sure
    hidden = part("server_side_encryption_configuration", rule=UNKNOWN)
    (moved,) = replicated(rule(), and_=(*VERSIONED, hidden))
    assert not moved.sure
