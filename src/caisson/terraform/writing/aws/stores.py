"""What the blocks of a store in one place have in common: names, tags, its key and its subnets."""

from collections.abc import Iterator
from dataclasses import dataclass

from caisson.estate.model import Store
from caisson.terraform.writing.aws import handles, logs
from caisson.terraform.writing.aws.alarms import Watch, alarm
from caisson.terraform.writing.blueprint import Area, Blueprint, Place
from caisson.terraform.writing.model import Block, Output, Value
from caisson.terraform.writing.names import renamed
from caisson.terraform.writing.references import remote
from caisson.topology.model import Credential

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class StoreHere:
    """A store as it is in one place; its blocks stand in `file`."""

    file: str
    place: Place
    name: str
    plan: Blueprint

    @property
    def store(self) -> Store:
        return self.plan.estate.stores[self.name]

    @property
    def credentials(self) -> tuple[Credential, ...]:
        """Return the rights of services to it."""
        mine = (self.place.environment, self.place.jurisdiction, self.name)
        return tuple(
            each
            for each in self.plan.topology.credentials
            if (each.environment, each.jurisdiction, each.store) == mine
        )

    @property
    def key_arn(self) -> str:
        """Return the key of the store's class of data."""
        return remote(handles.KEYS, handles.key_arn(self.place, self.store.data))

    @property
    def subnet_ids(self) -> str:
        return remote(handles.NETWORK, handles.store_subnet_ids(self.place, self.name))

    @property
    def security_group_id(self) -> str:
        return remote(handles.NETWORK, handles.security_group_id(self.place, self.name))

    @property
    def first_name(self) -> str:
        """Return the name that it had at first, for what cannot be given another."""
        return self.names[0]

    @property
    def names(self) -> tuple[str, ...]:
        """Return every name that it had, and last the one that it has."""
        return self.plan.names_of_store(self.name)

    def called(self, *words: str, limit: int = 63) -> str:
        """Return what it is called in the cloud, which it stays when the store is renamed."""
        return self.plan.name(self.place, self.first_name, *words, limit=limit)

    def tags(self, *words: str) -> dict[str, Value]:
        return {
            "Name": self.plan.name(self.place, self.name, *words, limit=255),
            "Component": self.name,
            "DataClass": self.store.data,
        }

    def block(self, kind: str, body: dict[str, Value], *words: str, comment: str = "") -> Block:
        """Return a block that is tagged as the store's."""
        return self.part(kind, {**body, "tags": self.tags(*words)}, *words, comment=comment)

    def part(self, kind: str, body: dict[str, Value], *words: str, comment: str = "") -> Block:
        """Return a block of a type that has no tags."""
        rest = ((each,) for each in words)
        name, was = renamed((self.place.region,), self.names, *rest)
        return Block(self.file, kind, name, self.place.label, body, comment=comment, was=was)

    def subnet_group(self, kind: str) -> Block:
        """Return the group of the store's own subnets, which has a type for each service of AWS."""
        body: dict[str, Value] = {
            "name": self.called(limit=255),
            "description": f"The data subnets, for {self.first_name}.",
            "subnet_ids": self.subnet_ids,
        }
        return self.block(kind, body)

    def log_group(self, path: str, *words: str) -> Block:
        """Return the log group at a path that stays when the store is renamed."""
        made = self.part("", {}, *words)
        return logs.group(self.file, self.place, made.name, path, self.name, made.was)

    def outputs(self, endpoint: str, arn: str) -> Iterator[Output]:
        """Yield what other roots need: where its primary is reached from here, and what it is."""
        about = f"Where services of {self.place.site} reach {self.name}."
        yield Output(handles.endpoint(self.place, self.name), endpoint, about)
        about = f"What a policy names for {self.name} in {self.place.site}."
        yield Output(handles.resource_arn(self.place, self.name), arn, about)

    def alarm(self, name: str, watch: Watch, about: str) -> Block:
        return alarm(self.place, self.plan, self.file, self.name, name, watch, about)


def in_places(file: str, area: Area, name: str, plan: Blueprint) -> tuple[StoreHere, ...]:
    """Return a store in each place of an area, the home first."""
    return tuple(StoreHere(file, place, name, plan) for place in area.places)


def days(seconds: float) -> int:
    """Return whole days that are no shorter."""
    return -int(-seconds // DAY_S)
