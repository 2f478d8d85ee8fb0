"""What roots tell each other: the names of outputs, said once for those who tell and who ask."""

from caisson.terraform.writing.blueprint import Area, Blueprint, Place
from caisson.terraform.writing.names import label, physical
from caisson.topology.model import Credential

# The roots that others need, by the names they are called.
ORGANIZATION, SECURITY, BASE, KEYS, NETWORK, DATA, IMAGES, SERVICES = (
    "organization",
    "security",
    "base",
    "keys",
    "network",
    "data",
    "images",
    "services",
)

# The role that is taken in an emergency only, and passes the guardrails of the organization.
BREAK_GLASS = "break-glass"

# Tiers of subnets, and with them of routes: with a way from the internet, to it, and neither.
PUBLIC, PRIVATE, ISOLATED = "public", "private", "data"

# Parts of a site that have a security group, beside its stores and services.
BALANCER, ENDPOINTS, ROTATION = "balancer", "endpoints", "rotation"

# The longest name that IAM allows to a role.
ROLE_LETTERS = 64


def key_arn(place: Place, data: str) -> str:
    """Of KEYS: the key of a class of data, which is the same key in both regions of an area."""
    return label(place.region, data, "key_arn")


def vpc_id(place: Place) -> str:
    """Of NETWORK."""
    return label(place.region, "vpc_id")


def subnet_ids(place: Place, tier: str) -> str:
    """Of NETWORK: the public or the private subnets, one in each zone."""
    return label(place.region, tier, "subnet_ids")


def store_subnet_ids(place: Place, store: str) -> str:
    """Of NETWORK: the subnets of a store, one in each zone."""
    return label(place.region, store, "store_subnet_ids")


def security_group_id(place: Place, name: str) -> str:
    """Of NETWORK: the group of a store, of the proxy before it, of a service, or of a part."""
    return label(place.region, name, "security_group_id")


def proxy(store: str) -> str:
    """Return what has the security group of the proxy before a store."""
    return f"{store}-proxy"


def endpoint(place: Place, store: str) -> str:
    """Of DATA: host and port at which a service of this place reaches a store."""
    return label(place.region, store, "endpoint")


def resource_arn(place: Place, store: str) -> str:
    """Of DATA: what a policy names to give a right to a store."""
    return label(place.region, store, "arn")


def secret_arn(place: Place, credential: Credential) -> str:
    """Of DATA: the secret with a credential, which is there in both regions of an area."""
    return label(place.region, credential.service, credential.store, "secret_arn")


def user_arn(place: Place, credential: Credential) -> str:
    """Of DATA: the user of Postgres or Redis that a service signs in as, as policies name it.

    It is that of one place; a service signs in where the primary is, and may do so in both.
    """
    return label(place.region, credential.service, credential.store, "user_arn")


def user_name(place: Place, credential: Credential) -> str:
    """Of DATA: the name of that user, which the service says when it signs in."""
    return label(place.region, credential.service, credential.store, "user_name")


def task_role_name(place: Place, service: str, plan: Blueprint) -> str:
    """Return the role that the copies of a service have in one place, before it is there.

    It stays when the service is renamed.
    """
    first_name = plan.names_of_service(service)[0]
    return plan.name(place, first_name, "task", limit=ROLE_LETTERS)


def task_role_arn(place: Place, service: str, plan: Blueprint) -> str:
    return f"arn:aws:iam::{place.account}:role/{task_role_name(place, service, plan)}"


def alarm_topic_arn(place: Place) -> str:
    """Of BASE: where alarms of a region are sent."""
    return label(place.region, "alarms_topic_arn")


def global_alarm_topic_arn() -> str:
    """Of BASE: where alarms are sent on what AWS keeps in one region for the whole world."""
    return "global_alarms_topic_arn"


def boundary_name(plan: Blueprint, environment: str) -> str:
    """Return what the policy is called beyond which no role of the account has rights."""
    return physical(plan.estate.estate, environment, "boundary", limit=128)


def boundary_arn() -> str:
    """Of BASE: the policy beyond which no role of the account has rights."""
    return "permissions_boundary_arn"


def zone_id() -> str:
    """Of BASE: the hosted zone of the environment's domain."""
    return "zone_id"


def repository_url(place: Place, image: str) -> str:
    """Of IMAGES: where an image of our own is pushed to, and pulled from."""
    return label(place.region, image.replace(".", "-"), "repository_url")


def repository_arn(place: Place, image: str) -> str:
    """Of IMAGES: the repository of an image of our own, as policies name it."""
    return label(place.region, image.replace(".", "-"), "repository_arn")


def balancer_domain(place: Place) -> str:
    """Of SERVICES: the name at which the region's load balancer is reached."""
    return label(place.region, "balancer_domain")


def balancer_zone(place: Place) -> str:
    """Of SERVICES: the hosted zone that the balancer's name is in."""
    return label(place.region, "balancer_zone_id")


def of_area(area: Area, root: str) -> str:
    """Return what a root of an area is called by roots of the whole environment."""
    return label(area.jurisdiction, root)
