"""What moto's ECS does otherwise than AWS's: it forgets half of what it is told of a service."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from moto.core.responses import ActionResult
from moto.ecs.responses import EC2ContainerServiceResponse as Response

_FORGOTTEN = {
    "availabilityZoneRebalancing": "availability_zone_rebalancing",
    "deploymentConfiguration": "deployment_configuration",
    "enableECSManagedTags": "enable_ecs_managed_tags",
    "enableExecuteCommand": "enable_execute_command",
    "healthCheckGracePeriodSeconds": "health_check_grace_period_seconds",
}
_created = Response.create_service


def mendings() -> Iterator[Any]:
    """Yield what mends moto, to be entered."""
    yield patch.object(Response, "create_service", _create)


def _create(self: Response) -> ActionResult:
    cluster, name = self._get_param("cluster", "default"), self._get_param("serviceName")
    _created(self)
    (service,), _ = self.ecs_backend.describe_services(cluster, [name])
    for parameter, attribute in _FORGOTTEN.items():
        setattr(service, attribute, self._get_param(parameter))
    return ActionResult({"service": service})
