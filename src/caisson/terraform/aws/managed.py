"""Services that run programs of one's own in subnets of one's own, of which more is not read.

Their interfaces are; how their data rests and who can come to them from outside are gaps.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from caisson.terraform.aws.kinds import GROUP, SUBNET
from caisson.terraform.aws.naming import Names, together
from caisson.terraform.aws.needs import ROLES, need
from caisson.terraform.aws.presence import PATHS, gap, given, present, unset
from caisson.terraform.fragment import NO_FRAGMENT, Fragment, joined
from caisson.terraform.model import Certainty, Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Question

DATA = frozenset(
    {Question.ENCRYPTION, Question.RESIDENCY, Question.RECOVERABILITY, Question.ISOLATION}
)
ALL = DATA | PATHS


@dataclass(frozen=True, slots=True)
class Service:
    """Where a type says its subnets and groups: in `block`, or in its own attributes.

    `open` are the questions that stay open about it.
    """

    block: str = ""
    subnets: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    open: frozenset[Question] = ALL


IN_CONFIG = Service("vpc_config", ("subnets",), ("security_group_ids",))
SERVICES = {
    "aws_appstream_fleet": Service("vpc_config", ("subnet_ids",), ("security_group_ids",)),
    "aws_batch_compute_environment": Service(
        "compute_resources", ("subnets",), ("security_group_ids",), ("service_role",)
    ),
    "aws_codebuild_fleet": IN_CONFIG,
    "aws_ec2_instance_connect_endpoint": Service(
        "", ("subnet_id",), ("security_group_ids",), open=frozenset({Question.ACCESS})
    ),
    "aws_emr_cluster": Service(
        "ec2_attributes",
        ("subnet_id", "subnet_ids"),
        (
            "emr_managed_master_security_group",
            "emr_managed_slave_security_group",
            "additional_master_security_groups",
            "additional_slave_security_groups",
            "service_access_security_group",
        ),
        ("service_role",),
    ),
    "aws_emr_studio": Service(
        "", ("subnet_ids",), ("engine_security_group_id", "workspace_security_group_id")
    ),
    "aws_emrserverless_application": Service(
        "network_configuration", ("subnet_ids",), ("security_group_ids",)
    ),
    "aws_glue_connection": Service(
        "physical_connection_requirements", ("subnet_id",), ("security_group_id_list",)
    ),
    "aws_glue_dev_endpoint": Service("", ("subnet_id",), ("security_group_ids",), ("role_arn",)),
    "aws_imagebuilder_infrastructure_configuration": Service(
        "", ("subnet_id",), ("security_group_ids",)
    ),
    "aws_mwaa_environment": Service(
        "network_configuration", ("subnet_ids",), ("security_group_ids",), ("execution_role_arn",)
    ),
    "aws_sagemaker_domain": Service("", ("subnet_ids",), ()),
    "aws_sagemaker_model": Service(
        "vpc_config", ("subnets",), ("security_group_ids",), ("execution_role_arn",)
    ),
    "aws_sagemaker_notebook_instance": Service(
        "", ("subnet_id",), ("security_groups",), ("role_arn",)
    ),
    "aws_synthetics_canary": Service(
        "vpc_config", ("subnet_ids",), ("security_group_ids",), ("execution_role_arn",)
    ),
    "aws_transfer_server": Service(
        "endpoint_details", ("subnet_ids",), ("security_group_ids",), ("logging_role",)
    ),
    "aws_workspaces_directory": Service("", ("subnet_ids",), ()),
}
# What makes networks and machines of its own, of which Terraform is not told.
OPAQUE = (
    "aws_ec2_fleet",
    "aws_elastic_beanstalk_environment",
    "aws_gamelift_fleet",
    "aws_imagebuilder_image",
    "aws_imagebuilder_image_pipeline",
    "aws_lightsail_bucket",
    "aws_lightsail_container_service",
    "aws_lightsail_database",
    "aws_lightsail_disk",
    "aws_lightsail_distribution",
    "aws_lightsail_instance",
    "aws_lightsail_instance_public_ports",
    "aws_lightsail_lb",
    "aws_sagemaker_endpoint",
    "aws_sagemaker_feature_group",
    "aws_spot_fleet_request",
    "aws_workspaces_workspace",
)
# What moves data about by a program that is not read.
MOVING = ("aws_batch_job_definition", "aws_glue_crawler", "aws_glue_job", "aws_sagemaker_pipeline")
TYPES = frozenset({*SERVICES, *OPAQUE, *MOVING})


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    return joined(
        (
            *(
                _service(names, block, service)
                for kind, service in SERVICES.items()
                for block in reading.of(kind)
            ),
            *(_unread(block, ALL) for block in reading.of(*OPAQUE)),
            *(_moving(block) for block in reading.of(*MOVING)),
        )
    )


def _service(names: Names, block: Block, service: Service) -> Fragment:
    holders = block.blocks(service.block) if service.block else (block,)
    return joined(
        (
            *(_seat(names, block, each, service) for each in holders),
            *(need(block, given(block, each, *ROLES), "role") for each in service.roles),
            _unread(block, service.open),
        )
    )


def _seat(names: Names, block: Block, holder: Block, service: Service) -> Fragment:
    written = [each for each in service.subnets if not unset(holder, each)]
    if not written:
        return NO_FRAGMENT
    subnets = together(names.link(holder, each, SUBNET) for each in written)
    groups = together(names.link(holder, each, GROUP) for each in service.groups)
    if not groups.every:
        # Such services then make groups of their own.
        groups = Link(certainty=Certainty.OPEN)
    return present(names, block, subnets, groups, public=None)


def _unread(block: Block, questions: frozenset[Question]) -> Fragment:
    what = f"{block.address} is not understood beyond where it stands in the network"
    return Fragment(gaps=(gap(block, what, questions, block.address),))


def _moving(block: Block) -> Fragment:
    what = f"{block.address} may move data by a program that is not read"
    roles = [need(block, link, "role") for link in _roles(block)]
    untold = gap(block, what, frozenset({Question.RESIDENCY}), block.address)
    return joined((*roles, Fragment(gaps=(untold,))))


def _roles(block: Block) -> Iterator[Link]:
    for name in ("role_arn", "role"):
        yield given(block, name, *ROLES)
