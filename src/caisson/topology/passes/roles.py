"""Roles: a replicated store is primary in the home region and standby in the standby region."""

from dataclasses import replace

from caisson.topology.declaration import REPLICATED, Declaration
from caisson.topology.model import Component, Role, Topology


def roles(declared: Declaration, so_far: Topology) -> Topology:
    """Set the role in which each component starts; failover changes it while running."""
    homes = {f"{each.environment}/{each.home}" for each in declared.placements()}
    return replace(
        so_far, components=tuple(_with_role(component, homes) for component in so_far.components)
    )


def _with_role(component: Component, homes: set[str]) -> Component:
    if component.system not in REPLICATED:
        return component
    return replace(component, role=Role.PRIMARY if component.site in homes else Role.STANDBY)
