"""What moto's ECS does otherwise than AWS's."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from moto.core.responses import ActionResult
from moto.ecs.models import EC2ContainerServiceBackend as Backend
from moto.ecs.responses import EC2ContainerServiceResponse as Response

_FORGOTTEN = {
    "availabilityZoneRebalancing": "availability_zone_rebalancing",
    "deploymentConfiguration": "deployment_configuration",
    "enableECSManagedTags": "enable_ecs_managed_tags",
    "enableExecuteCommand": "enable_execute_command",
    "healthCheckGracePeriodSeconds": "health_check_grace_period_seconds",
}
_created, _tagged = Response.create_service, Backend.iter_tagged_resources


def mendings() -> Iterator[Any]:
    """Yield what mends moto, to be entered."""
    # It forgets half of what it is told of a service.
    yield patch.object(Response, "create_service", _create)
    # It keeps what is gone, and finds it by its tags for ever.
    yield patch.object(Backend, "iter_tagged_resources", _iter_tagged)


def _create(self: Response) -> ActionResult:
    cluster, name = self._get_param("cluster", "default"), self._get_param("serviceName")
    _created(self)
    (service,), _ = self.ecs_backend.describe_services(cluster, [name])
    for parameter, attribute in _FORGOTTEN.items():
        setattr(service, attribute, self._get_param(parameter))
    return ActionResult({"service": service})


def _iter_tagged(self: Backend) -> Iterator[Any]:
    versions = (each for family in self.task_definitions.values() for each in family.values())
    kept = (*self.clusters.values(), *self.services.values(), *versions)
    gone = {each.arn for each in kept if each.status == "INACTIVE"}
    return (each for each in _tagged(self) if each.arn not in gone)
