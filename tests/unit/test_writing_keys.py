"""The written keys: where they are, and for whom they open."""

import json
import re
from collections.abc import Iterator

import pytest
from writing_support import ESTATE, read_back, rendered

from caisson.terraform.writing.model import Block, Form, Rendering
from caisson.topology.model import Topology

# By which of AWS's services each type of resource uses its key.
THROUGH = {
    "aws_backup_vault": "backup",
    "aws_cloudwatch_log_group": "logs",
    "aws_db_instance": "rds",
    "aws_db_instance_automated_backups_replication": "rds",
    "aws_ecr_repository": "ecr",
    "aws_elasticache_replication_group": "elasticache",
    "aws_elasticache_serverless_cache": "elasticache",
    "aws_opensearch_domain": "es",
    "aws_s3_bucket_replication_configuration": "s3",
    "aws_s3_bucket_server_side_encryption_configuration": "s3",
    "aws_secretsmanager_secret": "secretsmanager",
    "aws_serverlessapplicationrepository_cloudformation_stack": "secretsmanager",
    "aws_ssm_parameter": "ssm",
}
KEY = re.compile(r"data\.terraform_remote_state\.keys\.outputs\.(\w+)_key_arn\b")
REGIONS = {"us_west": "us-west-2", "us_east": "us-east-2", "eu_central": "eu-central-1"}


@pytest.fixture(scope="module")
def rendering(tmp_path_factory: pytest.TempPathFactory) -> Rendering:
    return rendered(tmp_path_factory.mktemp("estate"), ESTATE)


@pytest.fixture(scope="module")
def keys(rendering: Rendering) -> Topology:
    return read_back(rendering, "production/us/keys")


def test_each_class_of_data_has_a_key_that_is_in_both_regions_of_its_jurisdiction(
    keys: Topology,
) -> None:
    assert {each.id: (each.region, each.replica_of) for each in keys.keys} == {
        f"aws_kms_{kind}.{place}_{data}": (REGIONS[place], of and f"aws_kms_key.us_west_{data}")
        for data in ("customer", "personal", "internal")
        for kind, place, of in (("key", "us_west", None), ("replica_key", "us_east", "us_west"))
    }
    assert all(each.rotated and each.multi_region for each in keys.keys)


def test_a_jurisdiction_without_a_standby_has_keys_at_home_alone(rendering: Rendering) -> None:
    found = read_back(rendering, "production/eu/keys").keys
    assert {each.region for each in found} == {"eu-central-1"}


def test_a_key_opens_for_no_other_account_and_for_no_action_at_large(rendering: Rendering) -> None:
    for statement in statements(rendering):
        assert not any("*" in action for action in statement["actions"])
        for who in statement["principals"]:
            logs = [f"logs.{each}.amazonaws.com" for each in REGIONS.values()]
            own = [f"arn:aws:iam::{each}:root" for each in ("333333333333", "444444444444")]
            assert set(who["identifiers"]) < set(logs if who["type"] == "Service" else own)


def test_nobody_of_the_account_deciphers_but_through_a_service(rendering: Rendering) -> None:
    for statement in statements(rendering):
        if "kms:Decrypt" in statement["actions"] and statement["principals"][0]["type"] == "AWS":
            assert "kms:ViaService" in [each["variable"] for each in statement["condition"]]


def test_a_key_opens_for_everything_that_is_encrypted_with_it(rendering: Rendering) -> None:
    for block, key in encrypted(rendering):
        assert block.type in THROUGH, f"through which service does {block.type} use its key?"
        place, data = key
        service = f"{THROUGH[block.type]}.{REGIONS[place]}.amazonaws.com"
        assert service in opens_for(rendering, place, data), f"{block.address} cannot use its key"


def statements(rendering: Rendering) -> Iterator[dict]:
    for root in rendering.roots:
        if root.path.endswith("/keys"):
            for block in root.blocks:
                if block.form is Form.DATA:
                    yield from json.loads(json.dumps(block.body["statement"]))


def encrypted(rendering: Rendering) -> Iterator[tuple[Block, tuple[str, str]]]:
    """Yield what names a key, with the place and the class of data that the key is of."""
    for root in rendering.roots:
        for block in root.blocks:
            if block.form is Form.RESOURCE:
                for found in KEY.findall(json.dumps(block.body)):
                    place = next(each for each in REGIONS if found.startswith(f"{each}_"))
                    yield block, (place, found.removeprefix(f"{place}_"))


def opens_for(rendering: Rendering, place: str, data: str) -> set[str]:
    """Return the services, by the policy of a key of production."""
    blocks = (
        block
        for root in rendering.roots
        if root.path.startswith("production/") and root.path.endswith("/keys")
        for block in root.blocks
        if (block.form, block.name) == (Form.DATA, f"{place}_{data}")
    )
    found = json.dumps(next(blocks).body)
    return set(re.findall(r"[a-z0-9]+\.[a-z]+-[a-z]+-\d\.amazonaws\.com", found))
