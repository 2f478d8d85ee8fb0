"""Keys, secrets, and what grants and policies say of them."""

import json

import pytest
from terraform_support import Thing, outside, reading, ref, thing, unknown

from caisson.terraform.aws import kms, secrets
from caisson.terraform.aws.keys import keys_named
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import UNKNOWN
from caisson.topology.resources import Holding, Question, Rest, Way

K, S = "aws_kms_key.k", "aws_secretsmanager_secret.s"


def keys(*things: Thing) -> Fragment:
    return kms.read(reading(*things))


def kept(*things: Thing) -> Fragment:
    return secrets.read(reading(*things))


def test_a_key_when_nothing_is_said() -> None:
    (key,) = keys(thing(K, multi_region=UNKNOWN, policy=UNKNOWN)).keys
    assert (key.id, key.region, key.account) == (K, "eu-central-1", "111111111111")
    assert key.rotated is False
    assert key.multi_region is False
    assert key.replica_of is None


@pytest.mark.parametrize(("value", "expected"), [(True, True), (False, False), (unknown(), None)])
def test_rotation_and_regions(value: object, expected: bool | None) -> None:
    (key,) = keys(thing(K, enable_key_rotation=value, multi_region=value)).keys
    assert (key.rotated, key.multi_region) == (expected, expected)


def test_a_replica_has_its_primary_and_its_rotation() -> None:
    primary = thing(K, enable_key_rotation=True, multi_region=True)
    replica = thing("aws_kms_replica_key.r", primary_key_arn=ref(K), in_region="eu-west-1")
    key = keys(primary, replica).keys[1]
    assert (key.region, key.multi_region, key.replica_of) == ("eu-west-1", True, K)
    assert key.rotated is True


def test_imported_material_is_not_rotated() -> None:
    (key,) = keys(thing("aws_kms_external_key.e", multi_region=False)).keys
    assert key.rotated is False


def test_policies_of_keys() -> None:
    own = thing(K, policy='{"Statement": []}')
    beside = thing("aws_kms_key_policy.p", key_id=ref(K), policy=unknown())
    assert [(each.attached_to, each.document) for each in keys(own, beside).policies] == [
        (K, '{"Statement": []}'),
        (K, None),
    ]


def test_a_grant_lets_somebody_use_a_key() -> None:
    role = thing("aws_iam_role.r")
    grant = thing("aws_kms_grant.g", key_id=ref(K), grantee_principal=ref("aws_iam_role.r"))
    (use,) = keys(thing(K), role, grant).uses
    assert (use.user, use.used, use.sure) == ("aws_iam_role.r", K, True)


def test_a_key_in_a_store_of_its_own_is_a_gap() -> None:
    (gap,) = keys(thing(K, custom_key_store_id="cks-1")).gaps
    assert Question.RECOVERABILITY in gap.questions
    assert keys(thing(K)).gaps == ()


# Names of keys


def test_an_alias_of_an_alias_known_after_apply() -> None:
    found = reading(
        thing(K),
        thing("aws_kms_alias.a", target_key_id=unknown(K)),
        thing("aws_sqs_queue.q", kms_master_key_id=ref("aws_kms_alias.a")),
    )
    named = keys_named(found.at("aws_sqs_queue.q"), "kms_master_key_id")
    assert (named.ids, named.perhaps, named.told) == ((), (K,), False)


def test_keys_that_data_sources_look_up() -> None:
    arn = "arn:aws:kms:eu-central-1:111111111111:key/1"
    found = reading(
        thing(K, arn=arn),
        thing("data.aws_kms_alias.ours", name="alias/ours", target_key_arn=arn),
        thing("data.aws_kms_alias.theirs", name="alias/theirs", target_key_arn=f"{arn}2"),
        thing("data.aws_kms_alias.aws", name="alias/aws/s3", target_key_arn=f"{arn}3"),
        thing("data.aws_kms_key.default", key_id="alias/aws/sqs", arn=f"{arn}4"),
        thing("data.aws_kms_key.later", arn=unknown()),
        *(
            thing(f"aws_sqs_queue.{each.split('.')[-1]}", kms_master_key_id=ref(each))
            for each in (
                "data.aws_kms_alias.ours",
                "data.aws_kms_alias.theirs",
                "data.aws_kms_alias.aws",
                "data.aws_kms_key.default",
                "data.aws_kms_key.later",
            )
        ),
    )
    named = [
        keys_named(found.at(f"aws_sqs_queue.{each}"), "kms_master_key_id").ids
        for each in ("ours", "theirs", "aws", "default", "later")
    ]
    assert named == [(K,), (f"{arn}2",), (), (), ("data.aws_kms_key.later",)]


# Secrets


def secret(*things: Thing, **attributes: object) -> Holding:
    return kept(thing(S, **attributes), *things).holdings[0]


def test_a_secret_when_nothing_is_said() -> None:
    found = secret(kms_key_id=None, policy=UNKNOWN)
    assert (found.rest, found.encrypted, found.keys) == (Rest.SECRET, True, ())
    assert (found.encrypted_in_transit, found.public) == (True, False)
    assert found.deletion_protected is None
    assert secret(recovery_window_in_days=0).deletion_protected is False


def test_a_secret_open_to_everybody() -> None:
    document = json.dumps(
        {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
    )
    beside = thing("aws_secretsmanager_secret_policy.p", secret_arn=ref(S), policy=document)
    assert secret(beside).public is True
    assert secret(policy=document).public is True


def test_replicas_of_a_secret_rest_in_their_regions() -> None:
    elsewhere = thing("aws_kms_key.there", in_region="us-east-1")
    found = kept(
        thing(
            S,
            kms_key_id=ref(K),
            replica=[{"region": "us-east-1", "kms_key_id": ref("aws_kms_key.there")}],
        ),
        thing(K),
        elsewhere,
    )
    first, copy = found.holdings
    assert (first.region, first.keys) == ("eu-central-1", (K,))
    assert (copy.region, copy.jurisdiction, copy.keys) == (
        "us-east-1",
        "us",
        ("aws_kms_key.there",),
    )
    (moved,) = found.movements
    assert (moved.way, moved.source, moved.target, moved.lag_most_s) == (
        Way.REPLICATION,
        S,
        copy.id,
        None,
    )


def test_a_replica_in_an_unknown_region_is_nowhere_known() -> None:
    copy = kept(thing(S, replica=[{"region": unknown()}])).holdings[1]
    assert (copy.region, copy.jurisdiction) == (None, None)


def test_replicas_known_after_apply_are_a_gap() -> None:
    (gap,) = kept(thing(S, replica=unknown())).gaps
    assert gap.about == (S,)
    assert Question.RESIDENCY in gap.questions


def test_rotation_uses_a_program() -> None:
    program = outside("arn:aws:lambda:eu-central-1:111111111111:function:rotate")
    rotation = thing(
        "aws_secretsmanager_secret_rotation.r", secret_id=ref(S), rotation_lambda_arn=program
    )
    (use,) = kept(thing(S), rotation).uses
    assert (use.user, use.why) == (S, "rotation")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("SecureString", [True]), ("String", []), ("StringList", []), (unknown(), [False])],
)
def test_only_secure_parameters_are_secrets(kind: object, expected: list[bool]) -> None:
    found = kept(thing("aws_ssm_parameter.p", type=kind, key_id=ref(K)), thing(K)).holdings
    assert [each.sure for each in found] == expected
    assert all(each.keys == (K,) and each.encrypted for each in found)
