"""What moto does otherwise than AWS, and these tests need as AWS does it.

Each mending says what is wrong. What moto lacks of a service that it has is added here, as AWS does
it; where it lacks the service, its types are left out of the emulated run. Services with more to
mend have a module of their own.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from typing import Any
from unittest.mock import patch

import moto_mended_account
import moto_mended_acm
import moto_mended_autoscaling
import moto_mended_backups
import moto_mended_buckets
import moto_mended_dnssec
import moto_mended_ecs
import moto_mended_groups
import moto_mended_guardduty
import moto_mended_rds
import moto_mended_route53
import moto_mended_secrets
from moto.core.config import default_user_config
from moto.ec2.exceptions import InvalidAssociationIdError
from moto.ec2.models.network_acls import NetworkAclBackend
from moto.iam.access_control import PermissionResult
from moto.kms.models import KmsBackend, kms_backends
from moto.kms.responses import KmsResponse
from moto.s3.models import FakeBucket, FakeDeleteMarker

_SERVICES = (
    moto_mended_account,
    moto_mended_acm,
    moto_mended_autoscaling,
    moto_mended_backups,
    moto_mended_buckets,
    moto_mended_dnssec,
    moto_mended_ecs,
    moto_mended_groups,
    moto_mended_guardduty,
    moto_mended_rds,
    moto_mended_route53,
    moto_mended_secrets,
)
_replaced = NetworkAclBackend.replace_network_acl_association


@contextmanager
def mended() -> Iterator[None]:
    """Mend moto, in this process, for as long as this lasts."""
    with ExitStack() as stack:
        for mending in (
            # It reads the policy of a bucket without its conditions, and refuses everybody.
            patch.object(FakeBucket, "get_permission", lambda *_: PermissionResult.PERMITTED),
            # It forgets an object's versions one by one, and fails at the mark of a deletion.
            patch.object(FakeDeleteMarker, "dispose", lambda _: None, create=True),
            # It has AWS's own policies, and does not show them.
            patch.dict(default_user_config["iam"], {"load_aws_managed_policies": True}),
            # It fails at the association of a subnet that has just gone.
            patch.object(
                NetworkAclBackend, "replace_network_acl_association", _replace_association
            ),
            # A replica that it makes turns the first key into one, and has neither its own policy
            # nor description nor tags.
            patch.object(KmsResponse, "replicate_key", _replicate_key),
        ):
            stack.enter_context(mending)
        for service in _SERVICES:
            for mending in service.mendings():
                stack.enter_context(mending)
        yield


def _replace_association(self: NetworkAclBackend, association: str, acl: str) -> Any:
    if not any(association in each._associations for each in self.network_acls.values()):
        raise InvalidAssociationIdError(association)
    return _replaced(self, association, acl)


def _replicate_key(self: KmsResponse) -> str:
    key_id, region = self._get_param("KeyId"), self._get_param("ReplicaRegion")
    backend: KmsBackend = self.kms_backend
    primary = backend.keys[key_id]
    replica = backend.replicate_key(key_id, region)
    there: KmsBackend = kms_backends[backend.account_id][region]
    replica.multi_region_configuration = {
        **deepcopy(primary.multi_region_configuration),
        "MultiRegionKeyType": "REPLICA",
    }
    replica.policy = self._get_param("Policy") or replica.generate_default_policy()
    replica.description = self._get_param("Description") or ""
    there.tagger.tag_resource(replica.id, self._get_param("Tags") or [])
    answer: dict[str, Any] = {
        "ReplicaKeyMetadata": replica.to_dict()["KeyMetadata"],
        "ReplicaPolicy": replica.policy,
    }
    return json.dumps(answer)
