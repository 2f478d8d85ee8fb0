"""Services and stores that AWS cannot run as they are declared."""

from collections.abc import Iterator
from itertools import product
from typing import get_args

from caisson.estate.aws import Aws
from caisson.estate.mistakes import Mistake
from caisson.estate.model import Estate
from caisson.estate.sources import Sources
from caisson.terraform.writing.aws import data_tier, fargate, postgres_proxy
from caisson.terraform.writing.aws.credentials import RESERVED
from caisson.terraform.writing.aws.sizes import System, crosses_regions, example, exists
from caisson.terraform.writing.aws.unkept import unkept
from caisson.topology.declaration import REPLICATED

_SIZED: tuple[System, ...] = get_args(System)


def services(estate: Estate, _: Aws, sources: Sources) -> Iterator[Mistake]:
    for name, service in estate.services.items():
        if service.image is None:
            what = f"{name} has no image, and nothing else runs on AWS"
            remedy = f"add `image:`, such as `{estate.estate}/{name}:1.0.0`"
            yield Mistake(sources.at("services", name), what, remedy)
        if service.scale.least > service.scale.most:
            what = f"{name} runs {service.scale.least} at least, and {service.scale.most} at most"
            place = sources.at("services", name, "scale", "least")
            yield Mistake(place, what, "write no more as `least` than as `most`")
        try:
            fargate.size(service.task)
        except LookupError as error:
            what = f"{name}: no size of Fargate has {error.args[0]}"
            remedy = "ask for less, or run more copies by `scale`"
            yield Mistake(sources.at("services", name, "task"), what, remedy)


def stores(estate: Estate, _: Aws, sources: Sources) -> Iterator[Mistake]:
    for name, store in estate.stores.items():
        for each in unkept(store):
            place = sources.at("stores", name, "backup", each.key)
            yield Mistake(place, f"{name}: {each.what}", each.remedy)
        followed = store.system in REPLICATED and _has_standby(estate)
        if store.replication == "sync" and followed:
            what = (
                f"{name}: AWS acknowledges a write to {store.system} before another region has it, "
                "so that `sync` cannot be kept"
            )
            remedy = "write `replication: async`, and an RPO of some seconds"
            yield Mistake(sources.at("stores", name, "replication"), what, remedy)


def credentials(estate: Estate, _: Aws, sources: Sources) -> Iterator[Mistake]:
    """Yield the users that a database or the proxy before it cannot have."""
    databases = [name for name, each in estate.stores.items() if each.system == "postgres"]
    most = postgres_proxy.MOST_SERVICES
    for name in databases:
        users = sum(name in each.uses for each in estate.services.values())
        if users > most:
            what = f"{name} has {users} services, and its proxy on AWS lets {most} in at most"
            yield Mistake(sources.at("stores", name), what, "divide it into several stores")
    for name, service in estate.services.items():
        called = service.was or name
        if called in RESERVED and not service.uses.keys().isdisjoint(databases):
            what = f"`{called}` is another user in every database on AWS"
            yield Mistake(sources.at("services", name), what, "choose another name")


def sizes(estate: Estate, aws: Aws, sources: Sources) -> Iterator[Mistake]:
    """Yield the classes of instances that there are not, or that cannot do what they should."""
    for (size, told), system in product(aws.sizes.items(), _SIZED):
        name: str | None = getattr(told, system)
        place = sources.at("aws", "sizes", size, system)
        if name is None:
            continue
        if not exists(system, name):
            what = f"there is no class {name} for {system} on AWS"
            yield Mistake(place, what, f"write one such as {example(system)}")
        elif _crosses(estate, size, system) and not crosses_regions(system, name):
            what = f"{system} on {name} cannot be followed by a standby in another region"
            yield Mistake(place, what, f"write a larger class, such as {example(system)}")


def subnets(estate: Estate, _: Aws, sources: Sources) -> Iterator[Mistake]:
    for one, other in data_tier.together(estate):
        what = (
            f"{other} would lie in the subnets of {one}, by a chance of their names: from another "
            "region, who uses either could open both"
        )
        yield Mistake(sources.at("stores", other), what, f"call {other} something else")


def _crosses(estate: Estate, size: str, system: System) -> bool:
    """Return whether a store of a system has a standby in an environment of a size."""
    used = any(each.system == system for each in estate.stores.values())
    return used and any(
        declared.sizes == size and _has_standby(estate, declared.jurisdictions)
        for declared in estate.environments.values()
    )


def _has_standby(estate: Estate, only: list[str] | None = None) -> bool:
    return any(
        each.standby is not None
        for name, each in estate.jurisdictions.items()
        if only is None or name in only
    )
