"""What the blocks of a service in one place have in common: names, tags, and how it is found."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from caisson.estate.model import Scale, Service
from caisson.terraform.writing.aws import handles
from caisson.terraform.writing.aws.alarms import Watch, alarm
from caisson.terraform.writing.blueprint import Area, Blueprint, Place
from caisson.terraform.writing.model import Block, Value
from caisson.terraform.writing.names import renamed
from caisson.terraform.writing.references import remote
from caisson.topology.model import Component, Credential, Kind


@dataclass(frozen=True, slots=True)
class ServiceHere:
    """A service as it is in one place of its area; `credentials` are its rights to stores.

    `turn` counts the services of the place that users reach, from 0; the others have none.
    """

    area: Area
    place: Place
    component: Component
    credentials: tuple[Credential, ...]
    turn: int | None
    plan: Blueprint

    @property
    def name(self) -> str:
        return self.component.name

    @property
    def service(self) -> Service:
        return self.plan.service(self.component)

    @property
    def container(self) -> str:
        """Return the name of its container, which stays when the service is renamed."""
        return self.names[0]

    @property
    def names(self) -> tuple[str, ...]:
        """Return every name that it had, and last the one that it has."""
        return self.plan.names_of_service(self.name)

    @property
    def scale(self) -> Scale:
        """Return how many copies there are: what is declared, or half of it where all is small."""
        told = self.service.scale
        if not self.plan.small(self.place.environment):
            return told
        return Scale(least=max(1, told.least // 2), most=max(1, told.most // 2))

    @property
    def security_group_id(self) -> str:
        return remote(handles.NETWORK, handles.security_group_id(self.place, self.name))

    @property
    def subnet_ids(self) -> str:
        return remote(handles.NETWORK, handles.subnet_ids(self.place, handles.PRIVATE))

    def called(self, *words: str, limit: int = 63) -> str:
        """Return what it is called in the cloud, which it stays when the service is renamed."""
        return self.plan.name(self.place, self.container, *words, limit=limit)

    def path(self, *words: str) -> str:
        """Return a name with slashes, such as `/workspace/production/us-west/web`."""
        parts = (self.plan.estate.estate, self.place.environment, self.place.region)
        return "/" + "/".join((*parts, self.container, *words))

    def tags(self, *words: str) -> dict[str, Value]:
        name = self.plan.name(self.place, self.name, *words, limit=255)
        return {"Name": name, "Component": self.name}

    def block(
        self, file: str, kind: str, body: dict[str, Value], *words: str, comment: str = ""
    ) -> Block:
        """Return a block that is tagged as the service's."""
        return self.part(file, kind, {**body, "tags": self.tags(*words)}, *words, comment=comment)

    def part(
        self, file: str, kind: str, body: dict[str, Value], *words: str, comment: str = ""
    ) -> Block:
        """Return a block of a type that has no tags."""
        rest = ((each,) for each in words)
        name, was = renamed((self.place.region,), self.names, *rest)
        return Block(file, kind, name, self.place.label, body, comment=comment, was=was)

    def alarm(self, file: str, name: str, watch: Watch, about: str) -> Block:
        return alarm(self.place, self.plan, file, self.name, name, watch, about)


def served(area: Area, plan: Blueprint) -> Iterator[ServiceHere]:
    """Yield every service of an area in each of its places, the home first."""
    rights: dict[str, list[Credential]] = {}
    for each in plan.topology.credentials:
        if (each.environment, each.jurisdiction) == (area.environment, area.jurisdiction):
            rights.setdefault(each.service, []).append(each)
    for place in area.places:
        turns = count()
        for component in plan.components(place, Kind.SERVICE):
            own = tuple(rights.get(component.name, ()))
            turn = next(turns) if plan.service(component).public else None
            yield ServiceHere(area, place, component, own, turn, plan)


def public(area: Area, place: Place, plan: Blueprint) -> tuple[ServiceHere, ...]:
    """Return the services of a place that users reach; the first is reached by every name."""
    here = (each for each in served(area, plan) if each.place == place)
    return tuple(each for each in here if each.turn is not None)
