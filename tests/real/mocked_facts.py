"""What a reviewer asks of some types of resources that no emulator can make, said by hand."""

from collections.abc import Iterator, Mapping
from typing import Any

from mocked_owners import Owners
from mocked_run import Made
from mocked_values import at

from caisson.terraform.writing.model import Block

_SIGNING = "aws_route53_key_signing_key"
_ROTATION = "aws_serverlessapplicationrepository_cloudformation_stack"
# Values by where they stand in a resource of a type.
FACTS: Mapping[str, Mapping[str, Any]] = {
    "aws_s3_account_public_access_block": {
        "block_public_acls": True,
        "block_public_policy": True,
        "ignore_public_acls": True,
        "restrict_public_buckets": True,
    },
    "aws_ebs_snapshot_block_public_access": {"state": "block-all-sharing"},
    "aws_ec2_instance_metadata_defaults": {"http_tokens": "required"},
    "aws_accessanalyzer_analyzer": {"type": "ORGANIZATION"},
    "aws_backup_vault_lock_configuration": {"min_retention_days": 14, "changeable_for_days": 3},
    "aws_opensearch_domain": {
        "encrypt_at_rest.enabled": True,
        "node_to_node_encryption.enabled": True,
        "domain_endpoint_options.enforce_https": True,
        "domain_endpoint_options.tls_security_policy": "Policy-Min-TLS-1-2-PFS-2023-10",
        "advanced_security_options.enabled": True,
        "advanced_security_options.internal_user_database_enabled": False,
        "cluster_config.zone_awareness_config.availability_zone_count": 3,
    },
    "aws_secretsmanager_secret_rotation": {"rotation_rules.automatically_after_days": 30},
    _ROTATION: {
        "application_id": "arn:aws:serverlessrepo:us-east-1:297356227824:applications/"
        "SecretsManagerRDSPostgreSQLRotationSingleUser",
    },
    _SIGNING: {},
}
# Of the key that a zone is signed with, and where Route 53 looks for it.
_SIGNS = {"customer_master_key_spec": "ECC_NIST_P256", "key_usage": "SIGN_VERIFY"}
_WHERE = "us-east-1"


def disputed(block: Block, region: str, made: Made, owners: Owners) -> Iterator[str]:
    """Yield what a reviewer would send back of a resource."""
    values = made.values[block.address]
    yield from _other(block.address, values, FACTS.get(block.type, {}))
    if block.type == _SIGNING:
        yield from _signing(block.address, values, made, owners)
    if block.type == _ROTATION:
        yield from _rotation(block.address, region, values, owners)


def _other(address: str, values: Any, facts: Mapping[str, Any]) -> Iterator[str]:
    for path, wanted in facts.items():
        found = list(at(values, path))
        if found != [wanted]:
            yield f"{address}: {path} is {found}, not {wanted}"


def _signing(address: str, values: Any, made: Made, owners: Owners) -> Iterator[str]:
    keys = owners.of(values.get("key_management_service_arn"))
    if {each.region for each in keys} != {_WHERE}:
        yield f"{address}: is signed with no key in {_WHERE}"
    for each in keys:
        yield from _other(each.address, made.values[each.address], _SIGNS)


def _rotation(address: str, region: str, values: Any, owners: Owners) -> Iterator[str]:
    parameters = values.get("parameters", {})
    if parameters.get("endpoint") != f"https://secretsmanager.{region}.amazonaws.com":
        yield f"{address}: asks {parameters.get('endpoint')}"
    subnets = parameters.get("vpcSubnetIds", "").split(",")
    whats = {(each.what, each.region) for subnet in subnets for each in owners.of(subnet)}
    if whats != {("aws_subnet.id", region)} or len(set(subnets)) != 3:
        yield f"{address}: stands in {subnets}"
