"""EKS: the control plane, its endpoint, and the machines that join it."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from caisson.terraform.aws import keys as key
from caisson.terraform.aws.containers import log_group
from caisson.terraform.aws.disks import disks_of
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.kinds import CLUSTER_GROUP, GROUP, SUBNET
from caisson.terraform.aws.machines import (
    template_groups,
    template_needs,
    template_of,
    template_public,
)
from caisson.terraform.aws.naming import Names, together
from caisson.terraform.aws.needs import ROLES, need, needs
from caisson.terraform.aws.presence import PATHS, chosen, gap, given, present, unset
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.model import Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import (
    ANYWHERE,
    Forward,
    Listener,
    Membership,
    Network,
    Ports,
    Protocol,
    Rule,
    SecurityGroup,
)
from caisson.topology.resources import Gap, Question, Rest

CLUSTER = "aws_eks_cluster"
NODE_GROUP = "aws_eks_node_group"
PROFILE = "aws_eks_fargate_profile"
POD_ROLE = "aws_eks_pod_identity_association"
# Who may administer a cluster.
ENTRIES = (
    "aws_eks_access_entry",
    "aws_eks_access_policy_association",
    "aws_eks_identity_provider_config",
)
TYPES = frozenset({CLUSTER, NODE_GROUP, PROFILE, POD_ROLE, *ENTRIES})
HTTPS = Ports(443, 443)
SSH = Ports(22, 22)


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    return joined(
        (
            *(_cluster(names, each) for each in reading.of(CLUSTER)),
            *(_node_group(names, each) for each in reading.of(NODE_GROUP)),
            *(_profile(names, each) for each in reading.of(PROFILE)),
            *(_pod_role(each) for each in reading.of(POD_ROLE)),
            *(_entry(each) for each in reading.of(*ENTRIES)),
        )
    )


def own_group(cluster: str) -> str:
    """Return the id of the security group that EKS makes for a cluster and its machines."""
    return f"{cluster}/{CLUSTER_GROUP}"


def _cluster(names: Names, block: Block) -> Fragment:
    configurations = block.blocks("vpc_config")
    return joined(
        (
            *(_control_plane(names, block, each) for each in configurations),
            *(_endpoint(block, each) for each in configurations),
            _state(block, next(iter(configurations), None)),
            *(_logs(block) for _ in block.texts("enabled_cluster_log_types").values[:1]),
            *needs(block, ("role_arn", ROLES, "role")),
        )
    )


def _control_plane(names: Names, block: Block, configuration: Block) -> Fragment:
    subnets = names.link(configuration, "subnet_ids", SUBNET)
    named = names.link(configuration, "security_group_ids", GROUP)
    groups = together([Link((own_group(block.address),)), named])
    return present(names, block, subnets, groups, public=False)


def _endpoint(block: Block, configuration: Block) -> Fragment:
    """Return the address of the cluster's API on the internet."""
    public = _endpoint_public(configuration)
    listener = Listener(block.address, HTTPS, True, False, public, block.source)
    forward = Forward(
        f"{block.address}/endpoint",
        HTTPS,
        block.address,
        HTTPS,
        block.source,
        from_internet=True,
        sure=public is True,
    )
    forwards = () if public is False else (forward,)
    return Fragment(network=Network(listeners=(listener,), forwards=forwards))


def _endpoint_public(configuration: Block) -> bool | None:
    """Return whether everybody can send to the API; None as well when only some addresses can."""
    enabled = chosen(configuration, "endpoint_public_access", default=True)
    if enabled is not True:
        return enabled
    if unset(configuration, "public_access_cidrs"):
        return True
    cidrs = configuration.texts("public_access_cidrs")
    return True if set(cidrs.values) & set(ANYWHERE) else None


def _state(block: Block, configuration: Block | None) -> Fragment:
    """Return etcd, in which the cluster's objects and secrets rest; EKS encrypts it always."""
    providers = [
        key.keys_named(each, "key_arn")
        for one in block.blocks("encryption_config")
        for each in one.blocks("provider")
    ]
    keys = key.together(providers)
    made = replace(
        holding(block, Rest.STORE, "kubernetes"),
        encrypted=True,
        keys=keys.ids,
        encrypted_in_transit=True,
        public=_endpoint_public(configuration) if configuration else None,
        multi_zone=True,
        deletion_protected=False,
    )
    return Fragment(holdings=(made,), gaps=keys.gaps(block))


def _logs(block: Block) -> Fragment:
    name = block.text("name")
    return log_group(block, f"/aws/eks/{name}/cluster", block.instance.region)


def _node_group(names: Names, block: Block) -> Fragment:
    template, sure = template_of(block)
    subnets = names.link(block, "subnet_ids", SUBNET)
    own = template_groups(names, template)
    clusters = block.link("cluster_name", CLUSTER)
    # Groups in the template take the place of the cluster's.
    groups = own if own.every or not own.sure else cluster_groups(clusters)
    told = sure or template is None
    access = _remote_access(names, block, subnets)
    return joined(
        (
            present(
                names,
                block,
                subnets,
                groups,
                public=partial(template_public, names.reading, template, sure=told),
                added=(Membership(access.id),) if access else (),
            ),
            Fragment(network=Network(groups=(access,) if access else ())),
            disks_of(block, template=template, lasting=False),
            template_needs(block, template),
            need(block, clusters, "cluster"),
            *needs(block, ("node_role_arn", ROLES, "role")),
            Fragment(gaps=tuple(_untold(block, template, sure=sure))),
        )
    )


def cluster_groups(clusters: Link) -> Link:
    ids = tuple(own_group(each) for each in clusters.every)
    return Link(ids, (), clusters.certainty)


def _untold(block: Block, template: Block | None, *, sure: bool) -> Iterator[Gap]:
    written = block.blocks("launch_template") or not block.known("launch_template")
    if written and not (template and sure) and block.written("launch_template"):
        what = f"which launch template {block.address} starts machines from cannot be told"
        yield gap(block, what, PATHS, block.address)


def _remote_access(names: Names, block: Block, subnets: Link) -> SecurityGroup | None:
    """Return the group by which EKS lets SSH in: from the groups given, else from everywhere."""
    access = block.block("remote_access")
    if access is None or unset(access, "ec2_ssh_key"):
        return None
    own = f"{block.address}/remote-access"
    sources = names.link(access, "source_security_group_ids", GROUP)
    cidrs = () if sources.every else ANYWHERE
    rule = Rule(
        f"{own}/ssh", Protocol.TCP, SSH, cidrs, sources.every, block.source, sure=sources.sure
    )
    vpc = together(map(names.vpcs_of_subnet, subnets.every)).only
    return SecurityGroup(own, vpc, (rule,), (), block.source)


def _profile(names: Names, block: Block) -> Fragment:
    clusters = block.link("cluster_name", CLUSTER)
    return joined(
        (
            present(
                names,
                block,
                names.link(block, "subnet_ids", SUBNET),
                cluster_groups(clusters),
                public=False,
            ),
            need(block, clusters, "cluster"),
            *needs(block, ("pod_execution_role_arn", ROLES, "role")),
        )
    )


def _pod_role(block: Block) -> Fragment:
    return need(block, given(block, "role_arn", *ROLES), "role")


def _entry(block: Block) -> Fragment:
    what = f"what {block.address} lets somebody do in the cluster is not read"
    return Fragment(gaps=(gap(block, what, frozenset({Question.ACCESS}), block.address),))
