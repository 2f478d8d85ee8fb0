"""What one root of a kind is: of the whole estate, of an environment, or of one jurisdiction.

Each kind of root is a layer, which becomes a root once, in every environment, or in every area.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from caisson.terraform.writing.aws import handles, states
from caisson.terraform.writing.aws.aliases import (
    GLOBAL,
    GLOBAL_REGION,
    region_alias,
    regions,
    state_alias,
)
from caisson.terraform.writing.blueprint import Area, Blueprint, Place
from caisson.terraform.writing.model import OtherProvider, Part, Provider, Root, State
from caisson.terraform.writing.protection import protected

OfEstate = Callable[[Blueprint], Iterator[Part]]
OfEnvironment = Callable[[str, Blueprint], Iterator[Part]]
OfArea = Callable[[Area, Blueprint], Iterator[Part]]


@dataclass(frozen=True, slots=True)
class OnceLayer:
    """A root that there is once, in an account of its own.

    Its provider is called like it; for each region that the estate uses there is another one.
    """

    name: str
    account: str
    purpose: str
    needs: tuple[str, ...]
    writers: tuple[OfEstate, ...]
    bootstrap: bool = False


@dataclass(frozen=True, slots=True)
class EnvironmentLayer:
    """A root that every environment has, where it is `wanted`.

    `areas` are the layers of all its areas that it needs, `others` providers of others than AWS.
    """

    name: str
    purpose: str
    needs: tuple[str, ...]
    areas: tuple[str, ...]
    writers: tuple[OfEnvironment, ...]
    bootstrap: bool = False
    others: tuple[OtherProvider, ...] = ()
    wanted: Callable[[Blueprint], bool] = lambda _: True


@dataclass(frozen=True, slots=True)
class AreaLayer:
    """A root that every area has. `base`: it needs that root of its environment."""

    name: str
    purpose: str
    needs: tuple[str, ...]
    writers: tuple[OfArea, ...]
    base: bool = True


def of_estate(layer: OnceLayer, plan: Blueprint) -> Root:
    region = plan.state_region(plan.areas[0].jurisdiction)
    account = plan.aws.accounts[layer.account]
    bucket = states.state_bucket(plan, layer.account, account)
    return Root(
        layer.name,
        layer.purpose,
        tuple(_of_account(layer, region, account, plan)),
        tuple(protected(part for write in layer.writers for part in write(plan))),
        State(bucket, f"{layer.name}.tfstate", region),
        {name: name for name in layer.needs},
        layer.bootstrap,
    )


def _of_account(layer: OnceLayer, region: str, account: str, plan: Blueprint) -> Iterator[Provider]:
    tags = plan.tags(layer.account, None)
    yield Provider(layer.name, region, account, tags)
    for each in regions(plan):
        yield Provider(region_alias(each), each, account, tags)


def of_environment(layer: EnvironmentLayer, environment: str, plan: Blueprint) -> Root:
    areas = plan.of_environment(environment)
    path = f"{environment}/{layer.name}"
    return Root(
        path,
        layer.purpose,
        tuple(_of_everywhere(environment, areas, plan)),
        tuple(protected(part for write in layer.writers for part in write(environment, plan))),
        _state(path, areas[0], plan),
        dict(_needs(layer, environment, areas)),
        layer.bootstrap,
        layer.others,
    )


def _of_everywhere(
    environment: str, areas: tuple[Area, ...], plan: Blueprint
) -> Iterator[Provider]:
    """Yield the provider of each region, of each region of states, and the global one."""
    account = areas[0].account
    for area in areas:
        yield from (_provider(place, plan) for place in area.places)
        yield Provider(
            state_alias(area.jurisdiction),
            plan.state_region(area.jurisdiction),
            account,
            plan.tags(environment, area.jurisdiction),
        )
    yield Provider(GLOBAL, GLOBAL_REGION, account, plan.tags(environment, None))


def _needs(
    layer: EnvironmentLayer, environment: str, areas: tuple[Area, ...]
) -> Iterator[tuple[str, str]]:
    for name in layer.needs:
        yield name, f"{environment}/{name}"
    for area in areas:
        for name in layer.areas:
            yield handles.of_area(area, name), f"{environment}/{area.jurisdiction}/{name}"


def of_area(layer: AreaLayer, area: Area, plan: Blueprint) -> Root:
    inside = f"{area.environment}/{area.jurisdiction}"
    path = f"{inside}/{layer.name}"
    needs: Mapping[str, str] = {name: f"{inside}/{name}" for name in layer.needs}
    base = {handles.BASE: f"{area.environment}/{handles.BASE}"} if layer.base else {}
    return Root(
        path,
        layer.purpose,
        tuple(_provider(place, plan) for place in area.places),
        tuple(protected(part for write in layer.writers for part in write(area, plan))),
        _state(path, area, plan),
        {**base, **needs},
    )


def _provider(place: Place, plan: Blueprint) -> Provider:
    tags = plan.tags(place.environment, place.jurisdiction)
    return Provider(place.label, place.aws, place.account, tags)


def _state(path: str, area: Area, plan: Blueprint) -> State:
    bucket = states.state_bucket(plan, area.environment, area.account, area.jurisdiction)
    return State(bucket, f"{path}.tfstate", plan.state_region(area.jurisdiction))
