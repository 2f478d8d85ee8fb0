"""Redshift: warehouses in clusters and serverless ones."""

from dataclasses import replace

from caisson.terraform.aws.at_rest import AtRest, by_flag, by_key
from caisson.terraform.aws.carried import carried, instances_of
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.naming import Names
from caisson.terraform.aws.owned_policies import owned_policy
from caisson.terraform.aws.parameters import setting
from caisson.terraform.aws.presence import unset
from caisson.terraform.aws.seats import port, seated, subnets, subnets_of_group
from caisson.terraform.aws.snapshots import Snapshots, snapshots
from caisson.terraform.aws.stores import (
    HOUR_S,
    NETWORK_QUESTIONS,
    backed_up,
    moved_to,
    unread,
    uses,
)
from caisson.terraform.aws.typed import given
from caisson.terraform.aws.written import flag, number, text, told
from caisson.terraform.fragment import NO_FRAGMENT, Fragment, joined
from caisson.terraform.model import Certainty, Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Holding, Rest, Way
from caisson.topology.truth import any_of

CLUSTER = "aws_redshift_cluster"
SNAPSHOT = "aws_redshift_cluster_snapshot"
COPY = "aws_redshift_snapshot_copy"
COPY_GRANT = "aws_redshift_snapshot_copy_grant"
LOGGING = "aws_redshift_logging"
ENDPOINT = "aws_redshift_endpoint_access"
NAMESPACE = "aws_redshiftserverless_namespace"
WORKGROUP = "aws_redshiftserverless_workgroup"
SERVERLESS_SNAPSHOT = "aws_redshiftserverless_snapshot"
POLICED = (CLUSTER, NAMESPACE, WORKGROUP, SERVERLESS_SNAPSHOT)
POLICIES = ("aws_redshift_resource_policy", "aws_redshiftserverless_resource_policy")
TYPES = frozenset(
    {
        CLUSTER,
        SNAPSHOT,
        COPY,
        COPY_GRANT,
        LOGGING,
        ENDPOINT,
        NAMESPACE,
        WORKGROUP,
        SERVERLESS_SNAPSHOT,
        *POLICIES,
        "aws_redshift_cluster_iam_roles",
        "aws_redshift_event_subscription",
        "aws_redshift_parameter_group",
        "aws_redshift_scheduled_action",
        "aws_redshift_subnet_group",
        "aws_redshift_usage_limit",
        "aws_redshiftserverless_usage_limit",
    }
)
PORT = 5439.0
# "Every eight hours or every 5 GB per node of data changes, whichever comes first".
SNAPSHOT_EVERY_S = 8 * HOUR_S
# Recovery points of a serverless namespace: every 30 minutes, kept for 24 hours.
RECOVERY_POINT_EVERY_S = HOUR_S / 2
SYSTEM = "redshift"


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    return joined(
        [
            *(_cluster(names, each) for each in reading.of(CLUSTER)),
            *(_copy(each, each) for each in reading.of(COPY)),
            *(_logged(each) for each in reading.of(LOGGING)),
            *(_endpoint(names, each) for each in reading.of(ENDPOINT)),
            *(_namespace(each) for each in reading.of(NAMESPACE)),
            *(_workgroup(names, each) for each in reading.of(WORKGROUP)),
            *(
                owned_policy(each, "policy", "resource_arn", POLICED)
                for each in reading.of(*POLICIES)
            ),
            snapshots(
                reading, Snapshots(SNAPSHOT, "cluster_identifier", (CLUSTER,)), _at_rest, SYSTEM
            ),
            snapshots(
                reading,
                Snapshots(SERVERLESS_SNAPSHOT, "namespace_name", (NAMESPACE,)),
                _namespace_at_rest,
                SYSTEM,
            ),
        ]
    )


def _cluster(names: Names, block: Block) -> Fragment:
    at_rest = _at_rest(block)
    store = at_rest.on(
        replace(
            holding(block, Rest.STORE, SYSTEM),
            encrypted_in_transit=_in_transit(block),
            public=flag(block, "publicly_accessible", default=None),
            multi_zone=flag(block, "multi_az", default=False),
            deletion_protected=False,
        )
    )
    seat = seated(
        names,
        block,
        subnets_of_group(names, block, "cluster_subnet_group_name", "aws_redshift_subnet_group"),
        "vpc_security_group_ids",
        public=store.public,
        listens=port(number(block, "port", PORT)),
        all_subnets=False,
    )
    restored = [
        uses(block, given(block, each, SNAPSHOT), "restored from")
        for each in ("snapshot_identifier", "snapshot_arn")
    ]
    return joined(
        [
            Fragment(holdings=(store,)),
            at_rest.gaps(block),
            seat,
            _backups(block, store),
            *(_copy(block, each) for each in block.blocks("snapshot_copy")),
            *(_logs(block, each) for each in block.blocks("logging")),
            *restored,
            uses(block, given(block, "iam_roles", "aws_iam_role"), "role"),
        ]
    )


def _at_rest(block: Block) -> AtRest:
    """Return the encryption at rest.

    Clusters made since January 2025 are always encrypted, whatever is asked for, and version 5 of
    the Terraform provider plans False when nobody asked: so False tells nothing.
    """
    said = flag(block, "encrypted", default=None)
    return by_flag(block, "kms_key_id", flagged=said or None)


def _in_transit(block: Block) -> bool | None:
    # `require_ssl` is false in default.redshift-1.0, true in default.redshift-2.0.
    group = text(block, "cluster_parameter_group_name")
    default = {"default.redshift-1.0": False, "default.redshift-2.0": True}.get(group or "")
    attribute, kind = "cluster_parameter_group_name", "aws_redshift_parameter_group"
    found = setting(block, attribute, kind, "require_ssl")
    if found.value is None and not unset(block, attribute) and default is None:
        return found.switched(default=_default_of_family(block))
    return found.switched(default=default)


def _default_of_family(block: Block) -> bool | None:
    only = given(block, "cluster_parameter_group_name", "aws_redshift_parameter_group").only
    if only is None or only not in block.reading.instances:
        return None
    family = text(block.reading.at(only), "family")
    return {"redshift-1.0": False, "redshift-2.0": True}.get(family or "")


def _backups(block: Block, store: Holding) -> Fragment:
    return backed_up(
        block,
        store,
        number(block, "automated_snapshot_retention_period", 1.0),
        lag_most_s=SNAPSHOT_EVERY_S,
        point_in_time=False,
        via="automated snapshots",
    )


def _copy(block: Block, words: Block) -> Fragment:
    """Return the copies of a cluster's snapshots in another region.

    `words` says where: a resource, or a block of the cluster, which `block` then is.
    """
    inside = block.instance.type == CLUSTER
    clusters = Link((block.address,)) if inside else given(block, "cluster_identifier", CLUSTER)
    part = "snapshot-copy" if inside else ""
    there = moved_to(
        holding(block, Rest.BACKUP, SYSTEM, part=part), block, text(words, "destination_region")
    )
    there = replace(there, public=False, multi_zone=True, encrypted_in_transit=True)
    keys = _of_grant(words)
    sent = carried(
        block,
        Way.COPY,
        clusters,
        Link((there.id,)),
        types=(CLUSTER,),
        via="snapshot copy",
        kept_days=number(words, "retention_period", 7.0),
        timed=told(words, "retention_period"),
    )
    return joined([Fragment(holdings=(keys.on(there),)), keys.gaps(block), sent])


def _of_grant(words: Block) -> AtRest:
    """Return the encryption of copies, by the key of the grant that they are made with."""
    attribute = "grant_name" if words.path else "snapshot_copy_grant_name"
    grant = given(words, attribute, COPY_GRANT).only
    if grant is None or grant not in words.reading.instances:
        return AtRest(None)
    return by_key(words.reading.at(grant), "kms_key_id", without=True)


def _logs(cluster: Block, words: Block) -> Fragment:
    if flag(words, "enable", default=False) is False:
        return NO_FRAGMENT
    return _logged_to(cluster, words, Link((cluster.address,)))


def _logged(block: Block) -> Fragment:
    return _logged_to(block, block, given(block, "cluster_identifier", CLUSTER))


def _logged_to(block: Block, words: Block, clusters: Link) -> Fragment:
    """Return the audit log in a bucket, or in log groups of the cluster's region."""
    log = replace(
        holding(block, Rest.LOG, "cloudwatch logs", part="logs"),
        encrypted=True,
        public=False,
        multi_zone=True,
    )
    to_group = text(words, "log_destination_type") == "cloudwatch"
    targets = Link((log.id,)) if to_group else given(words, "bucket_name", "aws_s3_bucket")
    holdings = (log,) if to_group else ()
    moved = carried(block, Way.LOG, clusters, targets, types=(CLUSTER,), via="audit log")
    return joined([Fragment(holdings=holdings), moved])


def _endpoint(names: Names, block: Block) -> Fragment:
    """Return a cluster's interface in another VPC."""
    clusters = given(block, "cluster_identifier", CLUSTER)
    if clusters.only is None:
        what = f"what {block.address} leads to cannot be told"
        return unread(
            block, what, *NETWORK_QUESTIONS, about=instances_of(block.reading, (CLUSTER,))
        )
    return seated(
        names,
        block,
        subnets_of_group(names, block, "subnet_group_name", "aws_redshift_subnet_group"),
        "vpc_security_group_ids",
        public=False,
        listens=None,
        owner=clusters.only,
        all_subnets=False,
    )


def _namespace_at_rest(block: Block) -> AtRest:
    return by_key(block, "kms_key_id", without=True)


def _namespace(block: Block) -> Fragment:
    """Return a serverless warehouse, which is always encrypted, with its recovery points."""
    at_rest = _namespace_at_rest(block)
    groups = [
        each
        for each in block.reading.of(WORKGROUP)
        if block.address in given(each, "namespace_name", NAMESPACE).to
    ]
    store = at_rest.on(
        replace(
            holding(block, Rest.STORE, SYSTEM),
            encrypted_in_transit=None,
            public=any_of(flag(each, "publicly_accessible", default=False) for each in groups),
            multi_zone=None,
            deletion_protected=False,
        )
    )
    backups = backed_up(
        block,
        store,
        1.0,
        lag_most_s=RECOVERY_POINT_EVERY_S,
        every_s=RECOVERY_POINT_EVERY_S,
        point_in_time=False,
        via="recovery points",
    )
    role = uses(block, given(block, "iam_roles", "aws_iam_role"), "role")
    return joined([Fragment(holdings=(store,)), at_rest.gaps(block), backups, role])


def _workgroup(names: Names, block: Block) -> Fragment:
    """Return the interfaces through which a namespace is reached."""
    spaces = given(block, "namespace_name", NAMESPACE)
    seats = [
        seated(
            names,
            block,
            subnets(names, block, "subnet_ids"),
            "security_group_ids",
            public=flag(block, "publicly_accessible", default=False),
            listens=port(number(block, "port", PORT)),
            owner=each,
            sure=spaces.sure,
        )
        for each in spaces.every
    ]
    if spaces.every and spaces.certainty is not Certainty.OPEN:
        return joined(seats)
    what = f"what {block.address} leads to cannot be told"
    about = instances_of(block.reading, (NAMESPACE,))
    return joined([*seats, unread(block, what, *NETWORK_QUESTIONS, about=about)])
