"""Builds, deliveries and state machines: what they need and where they leave data."""

from collections.abc import Iterator, Mapping

from caisson.terraform.aws.containers import LOG_GROUP, log_group
from caisson.terraform.aws.containers_written import REPOSITORIES
from caisson.terraform.aws.keys import KEYS
from caisson.terraform.aws.kinds import GROUP, SUBNET
from caisson.terraform.aws.moving import moving
from caisson.terraform.aws.naming import Names
from caisson.terraform.aws.needs import (
    BACKENDS,
    ROLES,
    SECRETS,
    endpoints,
    from_variables,
    named_in,
    need,
    needs,
)
from caisson.terraform.aws.presence import PATHS, chosen, gap, given, present, unset
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.model import Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import Listener, Network, Ports
from caisson.topology.resources import Question, Use, Way

BUILD = "aws_codebuild_project"
PIPELINE = "aws_codepipeline"
MACHINE = "aws_sfn_state_machine"
RUNNER = "aws_apprunner_service"
CONNECTOR = "aws_apprunner_vpc_connector"
TYPES = frozenset({BUILD, PIPELINE, MACHINE, RUNNER, CONNECTOR})
BUCKET = "aws_s3_bucket"
KEY_TYPES = (*KEYS, "aws_kms_alias")
HTTPS = Ports(443, 443)


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    known = reading.once(endpoints)
    return joined(
        (
            *(_build(names, each, known) for each in reading.of(BUILD)),
            *(_pipeline(each) for each in reading.of(PIPELINE)),
            *(_machine(each) for each in reading.of(MACHINE)),
            *(_runner(names, each, known) for each in reading.of(RUNNER)),
        )
    )


def _build(names: Names, block: Block, known: Mapping[str, str]) -> Fragment:
    return joined(
        (
            *(_seat(names, block, each) for each in block.blocks("vpc_config")),
            *(_environment(block, each, known) for each in block.blocks("environment")),
            *needs(
                block,
                ("service_role", ROLES, "role"),
                ("encryption_key", KEY_TYPES, "key"),
            ),
            *(
                _moved(block, each, "location", Way.EXPORT, "artifacts")
                for each in (*block.blocks("artifacts"), *block.blocks("secondary_artifacts"))
                if each.text("type") == "S3"
            ),
            _build_logs(block),
        )
    )


def _seat(names: Names, block: Block, holder: Block) -> Fragment:
    return present(
        names,
        block,
        names.link(holder, "subnets", SUBNET),
        names.link(holder, "security_group_ids", GROUP),
        public=False,
        listens=(),
    )


def _environment(block: Block, environment: Block, known: Mapping[str, str]) -> Fragment:
    image = given(environment, "image", *REPOSITORIES)
    uses = [
        one
        for each in environment.blocks("environment_variable")
        for one in _variable(block, each, known)
    ]
    return joined((need(block, image, "image"), Fragment(uses=tuple(uses))))


def _variable(block: Block, variable: Block, known: Mapping[str, str]) -> Iterator[Use]:
    name, value = variable.text("name"), variable.text("value")
    why = f"environment variable {name}"
    if variable.text("type") in ("PARAMETER_STORE", "SECRETS_MANAGER"):
        why = f"secret {name}"
        link = given(variable, "value", *SECRETS)
    elif isinstance(value, str):
        yield from named_in(block, value, why, known)
        return
    else:
        link = Link(given(variable, "value", *BACKENDS).to)
    for each in link.every:
        yield Use(block.address, each, why, block.source, sure=link.sure)


def _moved(block: Block, holder: Block, name: str, way: Way, what: str) -> Fragment:
    link = given(holder, name, BUCKET, LOG_GROUP)
    return moving(block, Link((block.address,)), link, way, via=f"{what} of {block.address}")


def _build_logs(block: Block) -> Fragment:
    """Return where a build logs: CloudWatch, unless that is switched off."""
    found: list[Fragment] = []
    off = False
    for configuration in block.blocks("logs_config"):
        found += [
            _moved(block, each, "location", Way.LOG, "build logs")
            for each in configuration.blocks("s3_logs")
        ]
        for each in configuration.blocks("cloudwatch_logs"):
            off = each.text("status") == "DISABLED"
            if not off and not unset(each, "group_name"):
                found.append(_moved(block, each, "group_name", Way.LOG, "build logs"))
                off = True
    if not off:
        name = block.text("name")
        found.append(log_group(block, f"/aws/codebuild/{name}", block.instance.region))
    return joined(found)


def _pipeline(block: Block) -> Fragment:
    """Return where artifacts rest, one place a region, and which programs are not read."""
    stores = block.blocks("artifact_store")
    what = f"what the actions of {block.address} do is not read"
    return joined(
        (
            *needs(block, ("role_arn", ROLES, "role")),
            *(_moved(block, each, "location", Way.EXPORT, "artifacts") for each in stores),
            *(
                need(block, given(key, "id", *KEY_TYPES), "key")
                for each in stores
                for key in each.blocks("encryption_key")
            ),
            Fragment(gaps=(gap(block, what, frozenset({Question.RESIDENCY}), block.address),)),
        )
    )


def _machine(block: Block) -> Fragment:
    """Return what a state machine calls and where it logs."""
    called = block.link("definition", *BACKENDS, "aws_ecs_task_definition", MACHINE)
    calls = tuple(
        Use(block.address, each, "definition", block.source, sure=called.sure) for each in called.to
    )
    keys = [
        need(block, given(each, "kms_key_id", *KEY_TYPES), "key")
        for each in block.blocks("encryption_configuration")
    ]
    logs = [
        _moved(block, each, "log_destination", Way.LOG, "execution logs")
        for each in block.blocks("logging_configuration")
    ]
    return joined((Fragment(uses=calls), *needs(block, ("role_arn", ROLES, "role")), *keys, *logs))


def _runner(names: Names, block: Block, known: Mapping[str, str]) -> Fragment:
    """Return an App Runner service: an address of its own, and a way into a VPC."""
    public: bool | None = True
    seats: list[Fragment] = []
    for network in block.blocks("network_configuration"):
        for each in network.blocks("ingress_configuration"):
            public = chosen(each, "is_publicly_accessible", default=True)
        for each in network.blocks("egress_configuration"):
            seats += _connected(names, block, each)
    listener = Listener(block.address, HTTPS, True, False, public, block.source)
    images = [
        each
        for source in block.blocks("source_configuration")
        for each in source.blocks("image_repository")
    ]
    return joined(
        (
            Fragment(network=Network(listeners=(listener,))),
            *seats,
            *(
                need(block, given(each, "image_identifier", *REPOSITORIES), "image")
                for each in images
            ),
            *(
                from_variables(block, each.block("image_configuration"), name, known)
                for each in images
                for name in ("runtime_environment_variables", "runtime_environment_secrets")
            ),
            *(
                need(block, given(each, "instance_role_arn", *ROLES), "role")
                for each in block.blocks("instance_configuration")
            ),
            log_group(block, f"/aws/apprunner/{block.text('service_name')}", block.instance.region),
        )
    )


def _connected(names: Names, block: Block, egress: Block) -> Iterator[Fragment]:
    link = given(egress, "vpc_connector_arn", CONNECTOR)
    for each in link.to:
        connector = block.reading.at(each)
        yield present(
            names,
            connector,
            names.link(connector, "subnets", SUBNET),
            names.link(connector, "security_groups", GROUP),
            public=False,
            owner=block.address,
            listens=(),
        )
    if not link.sure or link.outside:
        what = f"the VPC connector of {block.address} was not read"
        yield Fragment(gaps=(gap(block, what, PATHS, block.address),))
