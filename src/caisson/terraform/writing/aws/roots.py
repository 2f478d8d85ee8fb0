"""Which roots there are, what is in each, and which need others: the table of the rendering.

    organization, security          once
    ENVIRONMENT/state, base         before its jurisdictions
    ENVIRONMENT/J/keys … services   for each jurisdiction
    ENVIRONMENT/edge, monitors      after them

A root is what one apply can break: a deploy of a service cannot touch a database, and what is
done for one jurisdiction touches no other.
"""

from collections.abc import Iterator
from dataclasses import replace

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
from caisson.terraform.writing.aws.layers import (
    AreaLayer,
    EnvironmentLayer,
    OnceLayer,
    of_area,
    of_environment,
    of_estate,
)
from caisson.terraform.writing.blueprint import MANAGEMENT, SECURITY, Blueprint
from caisson.terraform.writing.model import Output, Rendering, Root

# What a run of Terraform leaves in a root, and what belongs into no repository.
_PASSING = (".terraform/", "*.tfplan", "*.tfstate", "*.tfstate.*", "*_override.tf.json", "")

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
        handles.IMAGES,
        "The repositories that images of our own are pushed to, before anything runs of them.",
        (handles.KEYS,),
        (images.write,),
        base=False,
    ),
    AreaLayer(
        handles.SERVICES,
        "What runs: services and their rights, and the balancers before them.",
        (handles.KEYS, handles.NETWORK, handles.DATA, handles.IMAGES),
        (roles.write, services.write, autoscaling.write, balancers.write),
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
    every = tuple(_needing_what_tells(tuple(_roots(plan))))
    beside = {promises.FILE: promises.promise_file(plan, every), ".gitignore": "\n".join(_PASSING)}
    return Rendering(plan.estate.estate, every, beside)


def _needing_what_tells(roots: tuple[Root, ...]) -> Iterator[Root]:
    """Yield the roots without their need of one that tells nothing.

    It may be empty, as where no image is of our own: never applied, it has no state to be read.
    """
    telling = {root.path for root in roots if any(isinstance(each, Output) for each in root.parts)}
    for root in roots:
        needs = {name: path for name, path in root.needs.items() if path in telling}
        yield replace(root, needs=needs)


def _roots(plan: Blueprint) -> Iterator[Root]:
    for once in ONCE:
        yield of_estate(once, plan)
    for environment in plan.estate.environments:
        for before in BEFORE:
            yield of_environment(before, environment, plan)
        for area in plan.of_environment(environment):
            for layer in AREAS:
                yield of_area(layer, area, plan)
        for after in AFTER:
            if after.wanted(plan):
                yield of_environment(after, environment, plan)
