"""ECS: a cluster in each place, and each service as copies on Fargate behind no public address."""

import json
from collections.abc import Iterator

from caisson.terraform.writing.aws import balancers, images, logs, roles
from caisson.terraform.writing.aws.alarms import Watch
from caisson.terraform.writing.aws.connections import connections
from caisson.terraform.writing.aws.fargate import size
from caisson.terraform.writing.aws.rights import parameter_path
from caisson.terraform.writing.aws.served import ServiceHere, served
from caisson.terraform.writing.blueprint import Area, Blueprint, Place
from caisson.terraform.writing.model import Block, Part, Value
from caisson.terraform.writing.references import attribute

_FILE = "services"
_SERVICE = "aws_ecs_service"
# Nobody in particular: images that say another user are started as this one all the same.
_USER = "65532:65532"
_SCRATCH = "scratch"
_START_S = 60  # how long a new copy may take before its health counts
_STOP_S = 30


def write(area: Area, plan: Blueprint) -> Iterator[Part]:
    everything = tuple(served(area, plan))
    for place in area.places:
        if any(each.place == place for each in everything):
            yield cluster(place, plan)
    for here in everything:
        yield _log(here)
        yield from connections(here)
        yield _task(here)
        yield _service(here)
        yield _too_few(here)


def cluster(place: Place, plan: Blueprint) -> Block:
    return Block(
        _FILE,
        "aws_ecs_cluster",
        place.label,
        place.label,
        {
            "name": plan.name(place),
            "setting": {"name": "containerInsights", "value": "enabled"},
            "tags": {"Name": plan.name(place)},
        },
    )


def name_of(here: ServiceHere) -> str:
    """Return the name of a service once it is there."""
    return attribute(here.part(_FILE, _SERVICE, {}), "name")


def _service(here: ServiceHere) -> Block:
    """Return the service. How many copies run is left to its scaling once it is there."""
    body: dict[str, Value] = {
        "name": here.container,
        "cluster": attribute(cluster(here.place, here.plan), "id"),
        "task_definition": attribute(_task(here), "arn"),
        "desired_count": here.scale.least,
        "launch_type": "FARGATE",
        "platform_version": "LATEST",
        "availability_zone_rebalancing": "ENABLED",
        "deployment_minimum_healthy_percent": 100,
        "deployment_maximum_percent": 200,
        "deployment_circuit_breaker": {"enable": True, "rollback": True},
        "network_configuration": {
            "subnets": here.subnet_ids,
            "security_groups": [here.security_group_id],
            "assign_public_ip": False,
        },
        **_behind_balancer(here),
        "enable_ecs_managed_tags": True,
        "propagate_tags": "SERVICE",
        "lifecycle": {"ignore_changes": ["desired_count"]},
    }
    return here.block(_FILE, _SERVICE, body)


def _behind_balancer(here: ServiceHere) -> dict[str, Value]:
    if here.turn is None:
        return {}
    return {
        "health_check_grace_period_seconds": _START_S,
        "load_balancer": {
            "target_group_arn": attribute(balancers.target_group(here), "arn"),
            "container_name": here.container,
            "container_port": here.service.port,
        },
        # ECS takes no target group that no listener sends requests to.
        "depends_on": [balancers.sends_to(here)],
    }


def _log(here: ServiceHere) -> Block:
    named = here.part(_FILE, "", {})
    return logs.group(_FILE, here.place, named.name, here.path(), here.name, named.was)


def _task(here: ServiceHere) -> Block:
    """Return what a copy is."""
    given = size(here.service.task)
    body: dict[str, Value] = {
        "family": here.called(limit=255),
        "requires_compatibilities": ["FARGATE"],
        "network_mode": "awsvpc",
        "cpu": str(given.cpu),
        "memory": str(given.memory),
        "runtime_platform": {"operating_system_family": "LINUX", "cpu_architecture": "X86_64"},
        "execution_role_arn": attribute(roles.execution_role(here), "arn"),
        "task_role_arn": attribute(roles.task_role(here), "arn"),
        "container_definitions": json.dumps([_container(here)]),
        "volume": {"name": _SCRATCH},
    }
    return here.block(_FILE, "aws_ecs_task_definition", body)


def _container(here: ServiceHere) -> dict[str, object]:
    """Return the one container of a copy, as ECS's own JSON has it."""
    return {
        "name": here.container,
        "image": images.reference(here),
        "essential": True,
        "user": _USER,
        "privileged": False,
        "readonlyRootFilesystem": True,
        "linuxParameters": {"initProcessEnabled": True, "capabilities": {"drop": ["ALL"]}},
        "portMappings": [{"containerPort": here.service.port, "protocol": "tcp"}],
        "mountPoints": [{"sourceVolume": _SCRATCH, "containerPath": "/tmp"}],  # noqa: S108
        "environment": [{"name": name, "value": value} for name, value in _told(here).items()],
        "stopTimeout": _STOP_S,
        "logConfiguration": {"logDriver": "awslogs", "options": _logged(here)},
    }


def _told(here: ServiceHere) -> dict[str, str]:
    return {
        "CAISSON_LISTEN": f"0.0.0.0:{here.service.port}",
        "CAISSON_CONNECTIONS": f"ssm:{parameter_path(here)}",
        "CAISSON_ENVIRONMENT": here.place.environment,
        "CAISSON_JURISDICTION": here.place.jurisdiction,
        "CAISSON_REGION": here.place.region,
    }


def _logged(here: ServiceHere) -> dict[str, str]:
    return {
        "awslogs-group": attribute(_log(here), "name"),
        "awslogs-region": here.place.aws,
        "awslogs-stream-prefix": here.container,
        # A service does not stand still because its log does.
        "mode": "non-blocking",
        "max-buffer-size": "25m",
    }


def _too_few(here: ServiceHere) -> Block:
    watch = Watch(
        "ECS/ContainerInsights",
        "RunningTaskCount",
        {
            "ClusterName": attribute(cluster(here.place, here.plan), "name"),
            "ServiceName": here.container,
        },
        limit=here.scale.least,
        above=False,
        statistic="Minimum",
        minutes=1,
        times=5,
        missing="breaching",
    )
    about = f"Fewer than {here.scale.least} copies of {here.component.id} run."
    return here.alarm(_FILE, "running", watch, about)
