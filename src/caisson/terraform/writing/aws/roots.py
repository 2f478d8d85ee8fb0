"""Which roots there are, what is in each, and which need others: the table of the rendering.

    organization, security          once
    ENVIRONMENT/state, base         before its jurisdictions
    ENVIRONMENT/J/keys … services   for each jurisdiction
    ENVIRONMENT/edge, monitors      after them

A root is what one apply can break: a deploy of a service cannot touch a database, and what is
done for one jurisdiction touches no other.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from caisson.terraform.writing import promises
from caisson.terraform.writing.aws import (
    acls,
    autoscaling,
    backup,
    balancers,
    base,
    boundary,
    credentials,
    data_tier,
    datadog,
    domains,
    edge,
    endpoints,
    files,
    flow_logs,
    handles,
    images,
    keys,
    memcached,
    network,
    opensearch,
    organization,
    origins,
    peering,
    postgres,
    postgres_alarms,
    postgres_proxy,
    records,
    redis,
    roles,
    security,
    security_groups,
    services,
    states,
    topics,
    trail,
)
from caisson.terraform.writing.aws.aliases import (
    GLOBAL,
    GLOBAL_REGION,
    region_alias,
    regions,
    state_alias,
)
from caisson.terraform.writing.blueprint import MANAGEMENT, SECURITY, Area, Blueprint, Place
from caisson.terraform.writing.model import OtherProvider, Part, Provider, Rendering, Root, State
from caisson.terraform.writing.protection import protected

# What a run of Terraform leaves in a root, and what belongs into no repository.
_PASSING = (".terraform/", "*.tfplan", "*.tfstate", "*.tfstate.*", "*_override.tf.json", "")

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


ONCE: tuple[OnceLayer, ...] = (
    OnceLayer(
        handles.ORGANIZATION,
        MANAGEMENT,
        "The accounts, and the guardrails beyond which nobody in them has rights.",
        (),
        (
            states.of_management,
            organization.write,
            organization.guardrails,
            organization.delegated,
        ),
        bootstrap=True,
    ),
    OnceLayer(
        handles.SECURITY,
        SECURITY,
        "What is written down of all accounts and watched in them, where none of them reaches.",
        (),
        (
            states.of_security,
            trail.write,
            records.of_security,
            security.detectors,
            security.analyzers,
            topics.of_findings,
        ),
        bootstrap=True,
    ),
)
BEFORE: tuple[EnvironmentLayer, ...] = (
    EnvironmentLayer(
        "state",
        "The buckets in which the states of the environment's other roots lie.",
        (),
        (),
        (states.write,),
        bootstrap=True,
    ),
    EnvironmentLayer(
        handles.BASE,
        "What holds in the whole account: limits of its roles, where alarms go, what is recorded.",
        (),
        (),
        (
            base.write,
            boundary.write,
            domains.write,
            records.write,
            topics.write,
            opensearch.of_account,
        ),
    ),
)
AREAS: tuple[AreaLayer, ...] = (
    AreaLayer(
        handles.KEYS,
        "The keys that data is encrypted with, one for each class of data.",
        (),
        (keys.write,),
        base=False,
    ),
    AreaLayer(
        handles.NETWORK,
        "The VPCs, their subnets and routes, and who may open connections to what.",
        (handles.KEYS,),
        (
            network.write,
            data_tier.write,
            peering.write,
            acls.write,
            security_groups.write,
            endpoints.write,
            flow_logs.write,
        ),
    ),
    AreaLayer(
        handles.DATA,
        "What keeps data: stores, what backs them up, and who signs in to them as what.",
        (handles.KEYS, handles.NETWORK),
        (
            postgres.write,
            postgres_proxy.write,
            postgres_alarms.write,
            credentials.write,
            redis.write,
            memcached.write,
            opensearch.write,
            files.write,
            backup.write,
        ),
    ),
    AreaLayer(
        handles.SERVICES,
        "What runs: images, services and their rights, and the balancers before them.",
        (handles.KEYS, handles.NETWORK, handles.DATA),
        (images.write, roles.write, services.write, autoscaling.write, balancers.write),
    ),
)
AFTER: tuple[EnvironmentLayer, ...] = (
    EnvironmentLayer(
        "edge",
        "The one door for all tenants, which leads each to its own jurisdiction.",
        (handles.BASE,),
        (handles.SERVICES,),
        (edge.write, origins.write),
    ),
    EnvironmentLayer(
        "monitors",
        "What Datadog watches, and when it calls.",
        (),
        (),
        (datadog.write,),
        others=(datadog.PROVIDER,),
        wanted=lambda plan: plan.aws.datadog,
    ),
)


def rendering(plan: Blueprint) -> Rendering:
    """Return all roots, each after those that it needs."""
    every = tuple(_roots(plan))
    beside = {promises.FILE: promises.promise_file(plan, every), ".gitignore": "\n".join(_PASSING)}
    return Rendering(plan.estate.estate, every, beside)


def _roots(plan: Blueprint) -> Iterator[Root]:
    for once in ONCE:
        yield _once(once, plan)
    for environment in plan.estate.environments:
        for before in BEFORE:
            yield _of_environment(before, environment, plan)
        for area in plan.of_environment(environment):
            for layer in AREAS:
                yield _of_area(layer, area, plan)
        for after in AFTER:
            if after.wanted(plan):
                yield _of_environment(after, environment, plan)


def _once(layer: OnceLayer, plan: Blueprint) -> Root:
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


def _of_environment(layer: EnvironmentLayer, environment: str, plan: Blueprint) -> Root:
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
    once = {each.name for each in ONCE}
    for name in layer.needs:
        yield name, name if name in once else f"{environment}/{name}"
    for area in areas:
        for name in layer.areas:
            yield handles.of_area(area, name), f"{environment}/{area.jurisdiction}/{name}"


def _of_area(layer: AreaLayer, area: Area, plan: Blueprint) -> Root:
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
