"""Alarms: a metric that went beyond its limit is told to the owner, and so is its return."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from caisson.terraform.writing.aws import handles
from caisson.terraform.writing.aws.aliases import GLOBAL
from caisson.terraform.writing.blueprint import Blueprint, Place
from caisson.terraform.writing.model import Block, Value
from caisson.terraform.writing.names import label, physical
from caisson.terraform.writing.references import remote

_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Watch:
    """A metric of CloudWatch, and from when on it is an alarm.

    That is when it is beyond `limit` for `times` periods of `minutes` in a row: above it, or
    below it when not `above`. `statistic` is one of CloudWatch's, a percentile such as `p99`
    among them. `missing` is what it means that nothing was measured.
    """

    namespace: str
    metric: str
    dimensions: Mapping[str, Value]
    limit: float
    above: bool = True
    statistic: str = "Average"
    minutes: int = 5
    times: int = 3
    missing: Literal["missing", "ignore", "breaching", "notBreaching"] = "missing"


def alarm(
    place: Place, plan: Blueprint, file: str, component: str, name: str, watch: Watch, about: str
) -> Block:
    """Return the alarm `name` of a store or service, which says `about` when it goes off.

    The root that it stands in needs BASE, which has the topic.
    """
    return Block(
        file,
        "aws_cloudwatch_metric_alarm",
        label(place.region, component, name),
        place.label,
        {
            "alarm_name": plan.name(place, component, name, limit=255),
            **_told(about, remote(handles.BASE, handles.alarm_topic_arn(place))),
            **_watched(watch),
            "tags": {"Name": plan.name(place, component, name, limit=255), "Component": component},
        },
    )


def global_alarm(
    environment: str,
    plan: Blueprint,
    file: str,
    component: str,
    name: str,
    watch: Watch,
    about: str,
) -> Block:
    """Return an alarm on what AWS measures in one region for the whole world."""
    called = physical(plan.estate.estate, environment, component, name, limit=255)
    return Block(
        file,
        "aws_cloudwatch_metric_alarm",
        label(GLOBAL, component, name),
        GLOBAL,
        {
            "alarm_name": called,
            **_told(about, remote(handles.BASE, handles.global_alarm_topic_arn())),
            **_watched(watch),
            "tags": {"Name": called, "Component": component},
        },
    )


def _told(about: str, topic: str) -> dict[str, Value]:
    return {"alarm_description": about, "alarm_actions": [topic], "ok_actions": [topic]}


def _watched(watch: Watch) -> dict[str, Value]:
    percentile = watch.statistic.startswith("p")
    comparison = "GreaterThanThreshold" if watch.above else "LessThanThreshold"
    return {
        "namespace": watch.namespace,
        "metric_name": watch.metric,
        "dimensions": watch.dimensions,
        "statistic": None if percentile else watch.statistic,
        "extended_statistic": watch.statistic if percentile else None,
        "period": watch.minutes * _SECONDS,
        "evaluation_periods": watch.times,
        "threshold": watch.limit,
        "comparison_operator": comparison,
        "treat_missing_data": watch.missing,
    }
