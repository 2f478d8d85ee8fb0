"""What moto lacks of the settings of a whole account: of snapshots, metadata and the trail."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from moto.cloudtrail.responses import CloudTrailResponse
from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.ec2.responses import EC2Response
from moto.organizations.models import (
    FakeDelegatedAdministrator,
    OrganizationsBackend,
    organizations_backends,
)

_TRAIL = "cloudtrail.amazonaws.com"
_DELEGATED = (*FakeDelegatedAdministrator.SUPPORTED_SERVICES, "config.amazonaws.com", _TRAIL)
_METADATA = ("HttpTokens", "HttpPutResponseHopLimit", "HttpEndpoint", "InstanceMetadataTags")
_ANY = ("no-preference", "-1", -1)


def mendings() -> Iterator[Any]:
    """Yield what mends moto, to be entered."""
    # Of the services that an account can look after for all, it lacks two, and CloudTrail's call.
    yield patch.object(FakeDelegatedAdministrator, "SUPPORTED_SERVICES", _DELEGATED)
    yield from _added(
        CloudTrailResponse,
        register_organization_delegated_admin=_register,
        deregister_organization_delegated_admin=_deregister,
    )
    yield from _added(
        EC2Response,
        enable_snapshot_block_public_access=_block,
        disable_snapshot_block_public_access=_unblock,
        get_snapshot_block_public_access_state=_blocked,
        modify_instance_metadata_defaults=_modify_metadata,
        get_instance_metadata_defaults=_metadata,
    )


def _added(response: type[BaseResponse], **methods: Any) -> Iterator[Any]:
    for name, method in methods.items():
        yield patch.object(response, name, method, create=True)


def _register(self: CloudTrailResponse) -> ActionResult:
    account = self._get_param("MemberAccountId")
    backend: OrganizationsBackend = organizations_backends[self.current_account]["aws"]
    backend.register_delegated_administrator(AccountId=account, ServicePrincipal=_TRAIL)
    return EmptyResult()


def _deregister(self: CloudTrailResponse) -> ActionResult:
    account = self._get_param("DelegatedAdminAccountId")
    backend: OrganizationsBackend = organizations_backends[self.current_account]["aws"]
    backend.deregister_delegated_administrator(AccountId=account, ServicePrincipal=_TRAIL)
    return EmptyResult()


def _block(self: EC2Response) -> ActionResult:
    self.ec2_backend.sharing_of_snapshots = self._get_param("State")
    return _blocked(self)


def _unblock(self: EC2Response) -> ActionResult:
    self.ec2_backend.sharing_of_snapshots = "unblocked"
    return _blocked(self)


def _blocked(self: EC2Response) -> ActionResult:
    state = getattr(self.ec2_backend, "sharing_of_snapshots", "unblocked")
    return ActionResult({"State": state, "ManagedBy": "account"})


def _modify_metadata(self: EC2Response) -> ActionResult:
    asked = {name: self._get_param(name) for name in _METADATA}
    told = {name: value for name, value in asked.items() if value is not None}
    every = {**getattr(self.ec2_backend, "metadata", {}), **told}
    self.ec2_backend.metadata = {k: value for k, value in every.items() if value not in _ANY}
    return ActionResult({"Return": True})


def _metadata(self: EC2Response) -> ActionResult:
    return ActionResult({"AccountLevel": getattr(self.ec2_backend, "metadata", {})})
