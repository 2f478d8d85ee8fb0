"""ministack, with what it does otherwise than AWS mended, as a program.

Each mending says what is wrong. AWS_ENDPOINT_URL is the other emulator, which has the networks.
"""

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

import boto3
import ministack_groups
import ministack_headers
import ministack_vaults
from botocore.exceptions import ClientError
from ministack.app import main
from ministack.services import elasticache
from ministack_groups import Params

_create_user, _user_xml = elasticache._create_user, elasticache._user_xml
_create_cluster, _cluster_xml = elasticache._create_cache_cluster, elasticache._cluster_xml_inner
_describe_parameters = elasticache._describe_cache_parameters


def run() -> None:
    """Serve until told to end."""
    # It knows the subnets of its own EC2 only.
    elasticache._resolve_subnets = _subnets
    # It forgets that a user signs in by IAM, and writes `&` as it is.
    elasticache._create_user, elasticache._user_xml = _user, _user_text
    # It tells of all parameters, whosever it is asked for.
    elasticache._describe_cache_parameters = _parameters
    # It forgets a cluster's security groups, zones and minor upgrades, and where it is found.
    elasticache._create_cache_cluster, elasticache._cluster_xml_inner = _cluster, _cluster_text
    ministack_groups.mend()
    ministack_headers.mend()
    ministack_vaults.mend()
    main()


def _subnets(params: Params) -> tuple[list[dict[str, Any]], str] | None:
    ids = elasticache._extract_configs(params, "SubnetIds", ("SubnetIdentifier", "member"))
    networks = boto3.client(
        "ec2",
        region_name=elasticache.get_region(),
        aws_access_key_id=elasticache.get_account_id(),
        aws_secret_access_key="none",
    )
    try:
        found = networks.describe_subnets(SubnetIds=ids)["Subnets"]
    except ClientError:
        return None
    vpcs = {each["VpcId"] for each in found}
    zones = {each["SubnetId"]: each["AvailabilityZone"] for each in found}
    subnets = [
        {"SubnetIdentifier": each, "SubnetAvailabilityZone": {"Name": zones[each]}} for each in ids
    ]
    return (subnets, vpcs.pop()) if len(vpcs) == 1 else None


def _user(params: Params) -> Any:
    answer = _create_user(params)
    how = elasticache._p(params, "AuthenticationMode.Type")
    user = elasticache._users.get(elasticache._p(params, "UserId"))
    if how == "iam" and user is not None:
        user["Authentication"]["Type"] = how
    return answer


def _user_text(user: Mapping[str, Any]) -> str:
    written = {k: escape(v) if isinstance(v, str) else v for k, v in user.items()}
    text: str = _user_xml(written)
    return text


def _parameters(params: Params) -> Any:
    name = elasticache._p(params, "CacheParameterGroupName")
    source = elasticache._p(params, "Source")
    every = elasticache._param_group_params.get(name, {})
    asked = {k: v for k, v in every.items() if source in ("", v.get("Source", "system"))}
    elasticache._param_group_params[name] = asked
    try:
        return _describe_parameters(params)
    finally:
        elasticache._param_group_params[name] = every


def _cluster(params: Params) -> Any:
    answer = _create_cluster(params)
    cluster = elasticache._clusters.get(elasticache._p(params, "CacheClusterId"))
    if cluster is not None:
        groups = elasticache._extract_configs(params, "SecurityGroupIds", ("SecurityGroupId",))
        cluster["SecurityGroups"] = [
            {"SecurityGroupId": each, "Status": "active"} for each in groups
        ]
        if elasticache._p(params, "AZMode") == "cross-az":
            cluster["PreferredAvailabilityZone"] = "Multiple"
    return answer


def _cluster_text(cluster: Mapping[str, Any]) -> str:
    minor = str(cluster["AutoMinorVersionUpgrade"]).lower()
    found = cluster["_endpoint"] if cluster["Engine"] == "memcached" else {}
    address = "".join(f"<{name}>{value}</{name}>" for name, value in found.items())
    return f"{_cluster_xml(cluster)}<AutoMinorVersionUpgrade>{minor}</AutoMinorVersionUpgrade>" + (
        f"<ConfigurationEndpoint>{address}</ConfigurationEndpoint>" if address else ""
    )


if __name__ == "__main__":
    run()
