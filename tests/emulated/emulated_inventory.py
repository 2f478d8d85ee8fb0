"""What there is in an AWS that is none, asked of itself and not of Terraform."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from emulated_aws import client

from caisson.terraform.writing.model import Rendering, Root

_RULE = "aws_vpc_security_group_ingress_rule"


def inventory(endpoint: str, rendering: Rendering, estate: str) -> list[str]:
    """Return the names of all that carries the tag of the estate, in every account and region.

    A key whose deletion has been asked for is gone, though AWS shows it for some days.
    """
    places = {(each.account, each.region) for root in rendering.roots for each in root.providers}
    return sorted({name for place in places for name in _tagged(endpoint, *place, estate)})


def _tagged(endpoint: str, account: str, region: str, estate: str) -> Iterator[str]:
    tagging = client("resourcegroupstaggingapi", endpoint, account, region)
    pages: Iterable[Any] = tagging.get_paginator("get_resources").paginate(
        TagFilters=[{"Key": "Estate", "Values": [estate]}]
    )
    names = (each["ResourceARN"] for page in pages for each in page["ResourceTagMappingList"])
    kms = client("kms", endpoint, account, region)
    for name in names:
        if ":kms:" not in name or _is_there(kms, name):
            yield name


def _is_there(kms: Any, key: str) -> bool:
    state: str = kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
    return "PendingDeletion" not in state


def lose_a_rule(endpoint: str, root: Root, plan: Mapping[str, Any]) -> str:
    """Take the first rule of a root's networks away, as a person would; return its address."""
    rule = next(each for each in root.blocks if each.type == _RULE)
    provider = next(each for each in root.providers if each.alias == rule.provider)
    state = plan["prior_state"]["values"]["root_module"]["resources"]
    values = next(each["values"] for each in state if each["address"] == rule.address)
    client("ec2", endpoint, provider.account, provider.region).revoke_security_group_ingress(
        GroupId=values["security_group_id"],
        SecurityGroupRuleIds=[values["security_group_rule_id"]],
    )
    return rule.address
