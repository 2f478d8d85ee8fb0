"""What things that no emulator can make have to name, and where that has to be.

Said once by hand for each attribute, not taken from what is rendered: a writer that names the
wrong thing, or the right one in the wrong region, breaks it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mocked_owners import Owner, Owners
from mocked_run import Made
from mocked_values import at

from caisson.terraform.writing.model import Block


@dataclass(frozen=True)
class Named:
    """Attributes of some types, and whether they are of a thing in the same region, or never.

    `here` is None for what belongs to no region.
    """

    whats: tuple[str, ...]
    here: bool | None = True

    def fits(self, owner: Owner, region: str) -> bool:
        where = self.here is None or (owner.region == region) is self.here
        return owner.what in self.whats and where


_BUCKET = Named(("aws_s3_bucket.id",))
_KEY = Named(("aws_kms_key.arn", "aws_kms_replica_key.arn"))
_ROLE = Named(("aws_iam_role.arn",), here=None)
_VAULT = Named(("aws_backup_vault.name",))
_ZONE = Named(("aws_route53_zone.zone_id",), here=None)
_ROTATION = "aws_serverlessapplicationrepository_cloudformation_stack"
_OPENSEARCH = ("aws_opensearch_domain.domain_name",)
NAMES: Mapping[str, Mapping[str, Named]] = {
    "aws_backup_plan": {
        "rule.target_vault_name": _VAULT,
        "rule.copy_action.destination_vault_arn": Named(("aws_backup_vault.arn",), here=False),
    },
    "aws_backup_selection": {
        "iam_role_arn": _ROLE,
        "plan_id": Named(("aws_backup_plan.id",)),
        "resources": Named(("aws_db_instance.arn", "aws_s3_bucket.arn")),
    },
    "aws_backup_vault": {"kms_key_arn": _KEY},
    "aws_backup_vault_lock_configuration": {"backup_vault_name": _VAULT},
    "aws_backup_vault_policy": {"backup_vault_name": _VAULT},
    "aws_db_instance_automated_backups_replication": {
        "source_db_instance_arn": Named(("aws_db_instance.arn",), here=False),
        "kms_key_id": _KEY,
    },
    "aws_iam_role_policy_attachment": {"role": Named(("aws_iam_role.name",), here=None)},
    "aws_lb_listener_rule": {
        "listener_arn": Named(("aws_lb_listener.arn",)),
        "action.target_group_arn": Named(("aws_lb_target_group.arn",)),
    },
    "aws_opensearch_domain": {
        "encrypt_at_rest.kms_key_id": _KEY,
        "advanced_security_options.master_user_options.master_user_arn": _ROLE,
        "log_publishing_options.cloudwatch_log_group_arn": Named(("aws_cloudwatch_log_group.arn",)),
        "vpc_options.subnet_ids": Named(("aws_subnet.id",)),
        "vpc_options.security_group_ids": Named(("aws_security_group.id",)),
    },
    "aws_opensearch_inbound_connection_accepter": {
        "connection_id": Named(("aws_opensearch_outbound_connection.id",), here=False),
    },
    "aws_opensearch_outbound_connection": {
        "local_domain_info.domain_name": Named(_OPENSEARCH),
        "remote_domain_info.domain_name": Named(_OPENSEARCH, here=False),
    },
    "aws_route53_hosted_zone_dnssec": {"hosted_zone_id": _ZONE},
    "aws_route53_key_signing_key": {
        "hosted_zone_id": _ZONE,
        "key_management_service_arn": Named(("aws_kms_key.arn",)),
    },
    "aws_s3_bucket_lifecycle_configuration": {"bucket": _BUCKET},
    "aws_s3_bucket_replication_configuration": {
        "bucket": _BUCKET,
        "role": _ROLE,
        "rule.destination.bucket": Named(("aws_s3_bucket.arn",), here=False),
        "rule.destination.encryption_configuration.replica_kms_key_id": Named(
            _KEY.whats, here=False
        ),
    },
    "aws_secretsmanager_secret_rotation": {
        "secret_id": Named(("aws_secretsmanager_secret.id",)),
        "rotation_lambda_arn": Named((f"{_ROTATION}.outputs",)),
    },
    _ROTATION: {
        "parameters.kmsKeyArn": _KEY,
        "parameters.vpcSecurityGroupIds": Named(("aws_security_group.id",)),
    },
}


def misnamed(block: Block, region: str, made: Made, owners: Owners) -> Iterator[str]:
    """Yield the attributes of a resource that name nothing of what they have to."""
    for path, named in NAMES.get(block.type, {}).items():
        for value in at(made.values[block.address], path):
            if not any(named.fits(owner, region) for owner in owners.of(value)):
                yield f"{block.address}: {path} names {_told(value, owners)}"


def _told(value: object, owners: Owners) -> str:
    found = sorted(f"{each.what} in {each.region}" for each in owners.of(value))
    return " and ".join(found) or f"nothing that is here: {value}"
