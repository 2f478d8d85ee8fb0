"""What there is in an AWS that is none, asked of itself and not of Terraform."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from emulated_aws import client

from caisson.terraform.writing.model import Rendering, Root

_RULE = "aws_vpc_security_group_ingress_rule"


def inventory(endpoint: str, rendering: Rendering) -> list[str]:
    """Return the names of all that carries the tag of an estate, in every account and region.

    What is gone and shown for some time nevertheless, as AWS does with some kinds, is not there.
    """
    places = {(each.account, each.region) for root in rendering.roots for each in root.providers}
    return sorted(
        {name for place in places for name in _tagged(endpoint, *place, rendering.estate)}
    )


def _tagged(endpoint: str, account: str, region: str, estate: str) -> Iterator[str]:
    tagging = client("resourcegroupstaggingapi", endpoint, account, region)
    pages: Iterable[Any] = tagging.get_paginator("get_resources").paginate(
        TagFilters=[{"Key": "Estate", "Values": [estate]}]
    )
    kms, ec2 = (client(each, endpoint, account, region) for each in ("kms", "ec2"))
    for page in pages:
        for each in page["ResourceTagMappingList"]:
            if not _is_gone(each["ResourceARN"], kms, ec2):
                yield each["ResourceARN"]


def _is_gone(name: str, kms: Any, ec2: Any) -> bool:
    kind, _, number = name.split(":", 5)[5].partition("/")
    match name.split(":")[2], kind:
        case "kms", "key":
            state: str = kms.describe_key(KeyId=name)["KeyMetadata"]["KeyState"]
            return "PendingDeletion" in state
        case "ec2", "natgateway":
            (gateway,) = ec2.describe_nat_gateways(NatGatewayIds=[number])["NatGateways"]
            return bool(gateway["State"] == "deleted")
        case "ec2", "vpc-peering-connection":
            found = ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[number])
            (peering,) = found["VpcPeeringConnections"]
            return bool(peering["Status"]["Code"] == "deleted")
        case _:
            return False


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
