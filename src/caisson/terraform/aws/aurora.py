"""Aurora, and the Multi-AZ clusters of RDS."""

from dataclasses import replace

from caisson.terraform.aws import engines
from caisson.terraform.aws.at_rest import by_key
from caisson.terraform.aws.clusters import Family, read_family
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.parameters import family_version, setting
from caisson.terraform.aws.presence import unset
from caisson.terraform.aws.rds import imported, insights, secret_key
from caisson.terraform.aws.stores import unread
from caisson.terraform.aws.typed import given
from caisson.terraform.aws.written import text
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Movement, Question, Rest, Use, Way

CLUSTER = "aws_rds_cluster"
INSTANCE = "aws_rds_cluster_instance"
PARAMETERS = ("db_cluster_parameter_group_name", "aws_rds_cluster_parameter_group")
TYPES = frozenset(
    {
        CLUSTER,
        INSTANCE,
        "aws_rds_global_cluster",
        "aws_rds_cluster_activity_stream",
        "aws_rds_cluster_endpoint",
        "aws_rds_cluster_parameter_group",
        "aws_rds_cluster_role_association",
    }
)


def _system(block: Block) -> str:
    return engines.system(text(block, "engine"))


def _port(block: Block) -> float | None:
    return engines.PORTS.get(_system(block))


def _in_transit(block: Block) -> bool | None:
    name = engines.TLS_PARAMETERS.get(_system(block))
    if name is None:
        return None
    version = family_version(block, *PARAMETERS) or text(block, "engine_version")
    default = engines.forces_tls(text(block, "engine"), version)
    return setting(block, *PARAMETERS, name).switched(default=default)


FAMILY = Family(
    cluster=CLUSTER,
    instance=INSTANCE,
    global_cluster="aws_rds_global_cluster",
    snapshots=("aws_db_cluster_snapshot", "aws_rds_cluster_snapshot_copy"),
    subnet_group=("db_subnet_group_name", "aws_db_subnet_group"),
    key="kms_key_id",
    logs="enabled_cloudwatch_logs_exports",
    log_group="/aws/rds/cluster/{cluster}/{kind}",
    system=_system,
    port=_port,
    in_transit=_in_transit,
    # Clusters made since February 2026 are encrypted, older ones were not (Aurora user guide,
    # "Overview of encrypting Amazon Aurora resources"); a plan does not tell how old one is.
    encrypted_by_default=None,
)


def read(reading: Reading) -> Fragment:
    return joined(
        [
            read_family(FAMILY, reading),
            *(_beside(each) for each in reading.of(CLUSTER)),
            *(_insights_of(each) for each in reading.of(INSTANCE)),
            *(_activity(each) for each in reading.of("aws_rds_cluster_activity_stream")),
            *(_role(each) for each in reading.of("aws_rds_cluster_role_association")),
        ]
    )


def _beside(block: Block) -> Fragment:
    store = holding(block, Rest.STORE, _system(block))
    found = [insights(block, store), secret_key(block), *imported(block)]
    if not unset(block, "domain"):
        what = f"{block.address} takes its users from a directory, which is not modelled"
        found.append(unread(block, what, Question.ACCESS, Question.RECOVERABILITY))
    return joined(found)


def _insights_of(instance: Block) -> Fragment:
    clusters = given(instance, "cluster_identifier", CLUSTER)
    own = holding(instance, Rest.STORE, _system(instance))
    return joined(insights(instance, replace(own, id=each)) for each in clusters.every)


def _activity(block: Block) -> Fragment:
    """Return the stream of what every session did, in a Kinesis stream that the service makes."""
    keys = by_key(block, "kms_key_id", without=True)
    there = keys.on(replace(holding(block, Rest.STREAM, "kinesis"), public=False, multi_zone=True))
    sources = given(block, "resource_arn", CLUSTER)
    movements = tuple(
        Movement(Way.LOG, each, there.id, block.source, via="activity stream", sure=sources.sure)
        for each in sources.every
    )
    return joined([Fragment(holdings=(there,), movements=movements), keys.gaps(block)])


def _role(block: Block) -> Fragment:
    clusters = given(block, "db_cluster_identifier", CLUSTER)
    roles = given(block, "role_arn", "aws_iam_role")
    why = f"role for {text(block, 'feature_name') or 'a feature'}"
    return Fragment(
        uses=tuple(
            Use(each, role, why, block.source, sure=clusters.sure and roles.sure)
            for each in clusters.to
            for role in roles.every
        )
    )
