"""Scaling: as many copies of a service as its load asks for, between the least and the most."""

from collections.abc import Iterator

from caisson.terraform.writing.aws import balancers, services
from caisson.terraform.writing.aws.served import ServiceHere, served
from caisson.terraform.writing.blueprint import Area, Blueprint
from caisson.terraform.writing.model import Block, Part, Value
from caisson.terraform.writing.references import attribute

_FILE = "autoscaling"
# Room for what comes while new copies start: a minute's growth by two thirds.
_CPU_PERCENT = 60
_REQUESTS_PER_MINUTE = 1000
_OUT_S, _IN_S = 60, 300  # quick to grow and slow to shrink


def write(area: Area, plan: Blueprint) -> Iterator[Part]:
    for here in served(area, plan):
        target = _target(here)
        yield target
        yield _policy(here, target, "cpu", _CPU_PERCENT, "ECSServiceAverageCPUUtilization")
        if here.turn is not None:
            per_copy = "ALBRequestCountPerTarget"
            yield _policy(here, target, "requests", _REQUESTS_PER_MINUTE, per_copy, _balanced(here))


def _target(here: ServiceHere) -> Block:
    cluster = attribute(services.cluster(here.place, here.plan), "name")
    body: dict[str, Value] = {
        "service_namespace": "ecs",
        "scalable_dimension": "ecs:service:DesiredCount",
        "resource_id": f"service/{cluster}/{services.name_of(here)}",
        "min_capacity": here.scale.least,
        "max_capacity": here.scale.most,
    }
    return here.block(_FILE, "aws_appautoscaling_target", body)


def _policy(
    here: ServiceHere,
    target: Block,
    name: str,
    goal: int,
    metric: str,
    resource: str | None = None,
) -> Block:
    measured = {"predefined_metric_type": metric, "resource_label": resource}
    body: dict[str, Value] = {
        "name": here.called(name),
        "policy_type": "TargetTrackingScaling",
        **{
            each: attribute(target, each)
            for each in ("service_namespace", "scalable_dimension", "resource_id")
        },
        "target_tracking_scaling_policy_configuration": {
            "target_value": goal,
            "scale_out_cooldown": _OUT_S,
            "scale_in_cooldown": _IN_S,
            "predefined_metric_specification": {k: v for k, v in measured.items() if v},
        },
    }
    return here.part(_FILE, "aws_appautoscaling_policy", body, name)


def _balanced(here: ServiceHere) -> str:
    """Return what requests are counted at, as the metric calls it."""
    balancer = attribute(balancers.balancer(here.place, here.plan), "arn_suffix")
    return f"{balancer}/{attribute(balancers.target_group(here), 'arn_suffix')}"
