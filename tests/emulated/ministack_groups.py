"""Replication groups of ministack's ElastiCache, which are to have keys and to span regions.

A global group begins with its primary; the others take over what all have in common.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from ministack.services import elasticache

Params = Mapping[str, Any]
_Answer = tuple[int, Mapping[str, str], bytes]
_IN_COMMON = (
    "Engine",
    "EngineVersion",
    "CacheNodeType",
    "CacheParameterGroupName",
    "AtRestEncryptionEnabled",
    "TransitEncryptionEnabled",
)
_handled = elasticache.handle_request
_made, _group_xml = elasticache._create_replication_group, elasticache._rg_xml


@dataclass
class _Global:
    """The ids of `members` by region, the primary first, and what they have in common."""

    id: str
    description: str
    common: Mapping[str, str]
    members: dict[str, str]

    def role(self, region: str) -> str:
        return "PRIMARY" if region == next(iter(self.members)) else "SECONDARY"

    def xml(self) -> str:
        said = {
            "GlobalReplicationGroupId": self.id,
            "GlobalReplicationGroupDescription": self.description,
            "Status": "available" if len(self.members) > 1 else "primary-only",
            "ARN": f"arn:aws:elasticache::{elasticache.get_account_id()}"
            f":globalreplicationgroup:{self.id}",
            "ClusterEnabled": "false",
            "Members": "".join(map(self._member, self.members)),
            **self.common,
        }
        return _element("GlobalReplicationGroup", said)

    def _member(self, region: str) -> str:
        said = {
            "ReplicationGroupId": self.members[region],
            "ReplicationGroupRegion": region,
            "Role": self.role(region),
            "AutomaticFailover": "enabled",
            "Status": "associated",
        }
        return _element("GlobalReplicationGroupMember", said)


_globals: dict[tuple[str, str], _Global] = {}


def mend() -> None:
    """Mend the groups of this process."""
    # It knows no action on global groups.
    elasticache.handle_request = _handle
    # It makes a member of a global group as if it were none, and forgets the key of any group.
    elasticache._create_replication_group = _make
    elasticache._rg_xml = _xml


async def _handle(method: str, path: str, headers: Any, body: bytes, query: Params) -> _Answer:
    params = {**query, **parse_qs(body.decode())}
    if action := _ACTIONS.get(elasticache._p(params, "Action")):
        return action(params)
    answer: _Answer = await _handled(method, path, headers, body, query)
    return answer


def _create(params: Params) -> _Answer:
    primary_id = elasticache._p(params, "PrimaryReplicationGroupId")
    primary = elasticache._replication_groups.get(primary_id)
    if primary is None:
        return _missing("ReplicationGroup", primary_id)
    made = _Global(
        f"ldgnf-{elasticache._p(params, 'GlobalReplicationGroupIdSuffix')}",
        elasticache._p(params, "GlobalReplicationGroupDescription"),
        {name: str(primary[name]) for name in _IN_COMMON}
        | {"AutomaticFailoverEnabled": str(primary["AutomaticFailover"] == "enabled")},
        {elasticache.get_region(): primary_id},
    )
    _globals[elasticache.get_account_id(), made.id] = made
    return _answer("CreateGlobalReplicationGroup", made.xml())


def _describe(params: Params) -> _Answer:
    asked = elasticache._p(params, "GlobalReplicationGroupId")
    found = _globals.get((elasticache.get_account_id(), asked))
    if found is None:
        return _missing("GlobalReplicationGroup", asked)
    listed = _element("GlobalReplicationGroups", {"": found.xml()})
    return _answer("DescribeGlobalReplicationGroups", listed)


def _disassociate(params: Params) -> _Answer:
    asked = elasticache._p(params, "GlobalReplicationGroupId")
    found = _globals.get((elasticache.get_account_id(), asked))
    if found is None:
        return _missing("GlobalReplicationGroup", asked)
    found.members.pop(elasticache._p(params, "ReplicationGroupRegion"))
    return _answer("DisassociateGlobalReplicationGroup", found.xml())


def _delete(params: Params) -> _Answer:
    asked = elasticache._p(params, "GlobalReplicationGroupId")
    found = _globals.pop((elasticache.get_account_id(), asked), None)
    if found is None:
        return _missing("GlobalReplicationGroup", asked)
    return _answer("DeleteGlobalReplicationGroup", found.xml())


_ACTIONS: Mapping[str, Callable[[Params], _Answer]] = {
    "CreateGlobalReplicationGroup": _create,
    "DescribeGlobalReplicationGroups": _describe,
    "DisassociateGlobalReplicationGroup": _disassociate,
    "DeleteGlobalReplicationGroup": _delete,
}


def _make(params: Params) -> _Answer:
    asked = elasticache._p(params, "GlobalReplicationGroupId")
    joined = _globals.get((elasticache.get_account_id(), asked))
    if asked and joined is None:
        return _missing("GlobalReplicationGroup", asked)
    answer: _Answer = _made({**params, **(joined.common if joined else {})})
    group_id = elasticache._p(params, "ReplicationGroupId")
    if (group := elasticache._replication_groups.get(group_id)) is not None:
        group["KmsKeyId"] = elasticache._p(params, "KmsKeyId")
        if joined:
            joined.members[elasticache.get_region()] = group_id
    return answer


def _xml(group: Mapping[str, Any]) -> str:
    said = {"KmsKeyId": group["KmsKeyId"]} if group.get("KmsKeyId") else {}
    here = elasticache.get_region()
    for (account, name), each in _globals.items():
        member = each.members.get(here) == group["ReplicationGroupId"]
        if member and account == elasticache.get_account_id():
            part = {
                "GlobalReplicationGroupId": name,
                "GlobalReplicationGroupMemberRole": each.role(here),
            }
            said["GlobalReplicationGroupInfo"] = _element("", part)
    return f"{_group_xml(group)}{_element('', said)}"


def _element(name: str, children: Mapping[str, str]) -> str:
    text = "".join(f"<{k}>{v}</{k}>" if k else v for k, v in children.items())
    return f"<{name}>{text}</{name}>" if name else text


def _answer(action: str, xml: str) -> _Answer:
    answer: _Answer = elasticache._xml(
        200, f"{action}Response", _element(f"{action}Result", {"": xml})
    )
    return answer


def _missing(what: str, asked: str) -> _Answer:
    answer: _Answer = elasticache._error(f"{what}NotFoundFault", f"{asked} not found", 404)
    return answer
