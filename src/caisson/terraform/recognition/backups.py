"""Backups: what a plan puts from a primary into a vault.

What a system keeps of itself without being told is not one: it goes when the system is deleted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from caisson.terraform.reading import Reading
from caisson.terraform.recognition.things import Thing
from caisson.topology.model import Component, Role
from caisson.topology.passes.holdings import backup_of
from caisson.topology.resources import Holding, Movement, Rest, Way

_VAULT = "aws_backup_vault"


@dataclass(frozen=True, slots=True)
class Kept:
    """The backups of a component, and how they come to be."""

    holding: Holding
    movement: Movement


def backups(
    things: Sequence[Thing], movements: Iterable[Movement], reading: Reading
) -> tuple[Kept, ...]:
    """Return the backups of each primary, once."""
    primaries = {e.resource: e.component for e in things if e.component.role is Role.PRIMARY}
    found: dict[str, Kept] = {}
    for each in movements:
        component, vault = primaries.get(each.source), reading.instances.get(each.target)
        if each.way is Way.BACKUP and component is not None and vault and vault.type == _VAULT:
            found.setdefault(component.id, _kept(component, each, reading))
    return tuple(found.values())


def _kept(component: Component, movement: Movement, reading: Reading) -> Kept:
    vault = reading.resources[movement.target]
    holding = Holding(
        id=backup_of(component.id),
        resource=component.id,
        rest=Rest.BACKUP,
        system=component.system,
        region=vault.region,
        account=vault.account,
        source=vault.source,
        jurisdiction=vault.jurisdiction,
        environment=vault.environment,
    )
    moved = Movement(
        Way.BACKUP,
        component.id,
        holding.id,
        movement.declared,
        movement.lag_least_s,
        movement.lag_most_s,
        movement.kept_s,
        movement.point_in_time,
        via=f"backup every {movement.lag_least_s:g} s",
        sure=movement.sure,
    )
    return Kept(holding, moved)
