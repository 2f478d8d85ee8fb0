"""ECS: services and the tasks they run, on Fargate or on machines of one's own."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from caisson.terraform.aws import autoscaling
from caisson.terraform.aws.containers import containers
from caisson.terraform.aws.disks import ROOT, disk_keys, encrypted
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.keys import KEYS
from caisson.terraform.aws.kinds import GROUP, SUBNET
from caisson.terraform.aws.moving import moving
from caisson.terraform.aws.naming import Names, together
from caisson.terraform.aws.needs import ROLES, endpoints, need, needs
from caisson.terraform.aws.presence import PATHS, chosen, gap, given, present
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.model import Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Rest, Way

SERVICES = ("aws_ecs_service", "aws_ecs_task_set")
TASKS = "aws_ecs_task_definition"
CLUSTER = "aws_ecs_cluster"
PROVIDER = "aws_ecs_capacity_provider"
ATTACHED_PROVIDERS = "aws_ecs_cluster_capacity_providers"
# What starts single tasks, each in a network configuration of its own.
STARTERS = ("aws_cloudwatch_event_target",)
TYPES = frozenset({*SERVICES, TASKS, CLUSTER, PROVIDER, ATTACHED_PROVIDERS})


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    known = reading.once(endpoints)
    return joined(
        (
            *(_service(names, each) for each in reading.of(*SERVICES)),
            *(_tasks(each, known) for each in reading.of(TASKS)),
            *(_cluster(each) for each in reading.of(CLUSTER)),
            *(_started(names, each) for each in reading.of(*STARTERS)),
        )
    )


def _service(names: Names, block: Block) -> Fragment:
    own = block.blocks("network_configuration")
    return joined(
        (
            *(_seat(names, block, each) for each in own),
            *(() if own else (_on_machines(names, block),)),
            *needs(
                block,
                ("task_definition", (TASKS,), "task definition"),
                ("cluster", (CLUSTER,), "cluster"),
                ("iam_role", ROLES, "role"),
            ),
            *(
                need(block, each.link("registry_arn", "aws_service_discovery_service"), "name")
                for each in block.blocks("service_registries")
            ),
            *(
                _volume(block, each, str(holder.text("name")))
                for holder in block.blocks("volume_configuration")
                for each in holder.blocks("managed_ebs_volume")
            ),
        )
    )


def _seat(names: Names, block: Block, configuration: Block) -> Fragment:
    return present(
        names,
        block,
        names.link(configuration, "subnets", SUBNET),
        names.link(configuration, "security_groups", GROUP),
        public=chosen(configuration, "assign_public_ip", default=False),
    )


def _on_machines(names: Names, block: Block) -> Fragment:
    """Return the service on the addresses of the machines that run its containers."""
    providers = together(_providers(block))
    links = [
        group.link("auto_scaling_group_arn", autoscaling.GROUP_TYPE)
        for each in providers.to
        for group in block.reading.at(each).blocks("auto_scaling_group_provider")
    ]
    groups = together([*links, Link(certainty=providers.certainty)])
    seats = joined(
        autoscaling.seat(names, block.reading.at(each), block.address) for each in groups.to
    )
    if groups.to and groups.sure and block.known("network_configuration"):
        return seats
    what = f"on which machines the containers of {block.address} run cannot be told"
    return joined((seats, Fragment(gaps=(gap(block, what, PATHS, block.address),))))


def _providers(block: Block) -> Iterator[Link]:
    """Yield the service's capacity providers, else its cluster's; not those of Fargate."""
    strategies = block.blocks("capacity_provider_strategy")
    yield from (each.link("capacity_provider", PROVIDER) for each in strategies)
    if strategies:
        return
    clusters = set(block.link("cluster", CLUSTER).to)
    for each in block.reading.of(ATTACHED_PROVIDERS):
        if clusters & set(each.link("cluster_name", CLUSTER).to):
            yield given(each, "capacity_providers", PROVIDER)


def _volume(block: Block, volume: Block, name: str) -> Fragment:
    keys = disk_keys(volume)
    made = replace(
        holding(block, Rest.DISK, "ebs", part=name or ROOT),
        encrypted=encrypted(volume),
        keys=keys.ids,
        public=False,
        multi_zone=False,
        # ECS deletes such a volume together with its task.
        durable=False,
    )
    return Fragment(holdings=(made,), gaps=keys.gaps(block))


def _tasks(block: Block, known: Mapping[str, str]) -> Fragment:
    return joined(
        (
            containers(block, known),
            *needs(
                block,
                ("execution_role_arn", ROLES, "execution role"),
                ("task_role_arn", ROLES, "role"),
            ),
            *(need(block, each, "volume") for each in _file_systems(block)),
        )
    )


def _file_systems(block: Block) -> Iterator[Link]:
    kinds = {
        "efs_volume_configuration": "aws_efs_file_system",
        "fsx_windows_file_server_volume_configuration": "aws_fsx_windows_file_system",
    }
    for volume in block.blocks("volume"):
        for name, kind in kinds.items():
            for each in volume.blocks(name):
                yield each.link("file_system_id", kind)


def _cluster(block: Block) -> Fragment:
    """Return where the cluster logs the commands that people run in containers, and its keys."""
    keys = (*KEYS, "aws_kms_alias")
    found: list[Fragment] = []
    for configuration in block.blocks("configuration"):
        for storage in configuration.blocks("managed_storage_configuration"):
            found += [
                need(block, given(storage, each, *keys), "key")
                for each in ("kms_key_id", "fargate_ephemeral_storage_kms_key_id")
            ]
        for command in configuration.blocks("execute_command_configuration"):
            found.append(need(block, given(command, "kms_key_id", *keys), "key"))
            found += [_command_logs(block, each) for each in command.blocks("log_configuration")]
    return joined(found)


def _command_logs(block: Block, log: Block) -> Fragment:
    links = (
        given(log, "cloud_watch_log_group_name", "aws_cloudwatch_log_group"),
        given(log, "s3_bucket_name", "aws_s3_bucket"),
    )
    via = f"commands run in containers of {block.address}"
    own = Link((block.address,))
    return joined(moving(block, own, each, Way.LOG, via=via) for each in links)


def _started(names: Names, block: Block) -> Fragment:
    found: list[Fragment] = []
    for target in block.blocks("ecs_target"):
        found += [_seat(names, block, each) for each in target.blocks("network_configuration")]
        found.append(need(block, target.link("task_definition_arn", TASKS), "task definition"))
    return joined(found)
