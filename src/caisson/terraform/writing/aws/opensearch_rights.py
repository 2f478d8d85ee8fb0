"""Who may what with an OpenSearch domain.

Two gates stand before an index: the domain's policy, which names the roles of the services that
use it, and the domain's own roles. Those no provider of AWS can make: the output `…_roles` says
what the administrator's role puts there once.
"""

from collections.abc import Iterator, Mapping

from caisson.terraform.writing.aws import handles
from caisson.terraform.writing.aws.documents import Condition, Statement, document, policy
from caisson.terraform.writing.aws.stores import StoreHere, in_places
from caisson.terraform.writing.blueprint import Area
from caisson.terraform.writing.model import Block, Output, Value
from caisson.terraform.writing.names import label, physical
from caisson.terraform.writing.references import attribute, remote

_NAME_LIMIT = 28
_READ = ("es:ESHttpGet", "es:ESHttpHead")
_FOLLOW = ("es:ESCrossClusterGet",)
_WRITE = (*_READ, "es:ESHttpDelete", "es:ESHttpPatch", "es:ESHttpPost", "es:ESHttpPut")
# Questions that are too long for an address are posted.
_QUESTIONS = ("_count", "_mget", "_msearch", "_search")
# What the domain's own roles of those who read and who write may do.
_INSIDE: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "read": ("cluster_composite_ops_ro", ("read", "indices_monitor")),
    "write": ("cluster_composite_ops", ("crud", "create_index", "manage")),
}


def domain_name(here: StoreHere) -> str:
    """Return a name without the region, in each of which domains are others."""
    words = (here.plan.estate.estate, here.place.environment, here.first_name)
    return physical(*words, limit=_NAME_LIMIT)


def domain_arn(here: StoreHere) -> str:
    """Return the domain's ARN, which its policy names before there is a domain."""
    return f"arn:aws:es:{here.place.aws}:{here.place.account}:domain/{domain_name(here)}"


def who_may(here: StoreHere, area: Area) -> Block:
    """Return the domain's policy: who reads and who writes, from each place, and who administers.

    Roles are named in conditions, since OpenSearch refuses principals that are not there yet.
    """
    readers, writers = (_roles(here, area, access) for access in ("read", "write"))
    arn, everything = domain_arn(here), f"{domain_arn(here)}/*"
    asked = tuple(f"{arn}/{where}{each}" for each in _QUESTIONS for where in ("", "*/"))
    statements = [
        *([_allowed(here, "Read", _READ, (everything,), readers)] if readers else []),
        *([_allowed(here, "Ask", ("es:ESHttpPost",), asked, readers)] if readers else []),
        *([_allowed(here, "Write", _WRITE, (everything,), writers)] if writers else []),
        _allowed(here, "Administer", _WRITE, _administered(here), (_administrator_arn(here),)),
    ]
    if area.standby is not None:
        # Who lets a domain follow another has to be let in by both.
        both = tuple(_administrator_arn(each) for each in _everywhere(here, area))
        statements.append(_allowed(here, "Follow", _FOLLOW, (arn,), both))
    name = label(here.place.region, here.name)
    return document(here.file, name, here.place.label, *statements)


def _allowed(
    here: StoreHere,
    sid: str,
    actions: tuple[str, ...],
    resources: tuple[str, ...],
    roles: tuple[str, ...],
) -> Statement:
    return Statement(
        sid,
        actions,
        resources,
        principals={"AWS": (f"arn:aws:iam::{here.place.account}:root",)},
        conditions=(Condition("ArnEquals", "aws:PrincipalArn", roles),),
    )


def _roles(here: StoreHere, area: Area, access: str) -> tuple[str, ...]:
    """Return the roles of services with an access, in all places: any may have to come here."""
    return tuple(
        handles.task_role_arn(place, each.service, here.plan)
        for each in here.credentials
        if each.access == access
        for place in area.places
    )


def administration(here: StoreHere, area: Area) -> Iterator[Block]:
    """Yield the role that says who may what inside of the domain, and its rights."""
    trust = _trust(here)
    yield trust
    yield administrator(here)
    name = label(here.place.region, here.name, "administrator")
    statements = [Statement("Administer", _WRITE, _administered(here))]
    if area.standby is not None:
        domains = tuple(domain_arn(each) for each in _everywhere(here, area))
        statements.append(Statement("Follow", _FOLLOW, domains))
    rights = document(here.file, name, here.place.label, *statements)
    yield rights
    body: dict[str, Value] = {
        "name": "administer",
        "role": attribute(administrator(here), "id"),
        "policy": policy(rights),
    }
    yield here.part("aws_iam_role_policy", body, "administrator")


def _administered(here: StoreHere) -> tuple[str, ...]:
    """Return the parts of a domain's API about its own roles and about what it follows."""
    return tuple(f"{domain_arn(here)}/_plugins/{each}/*" for each in ("_security", "_replication"))


def _trust(here: StoreHere) -> Block:
    statement = Statement(
        "Assume",
        ("sts:AssumeRole",),
        principals={"AWS": (f"arn:aws:iam::{here.place.account}:root",)},
        conditions=(Condition("Bool", "aws:MultiFactorAuthPresent", ("true",)),),
    )
    name = label(here.place.region, here.name, "administrator", "trust")
    return document(here.file, name, here.place.label, statement)


def administrator(here: StoreHere) -> Block:
    """Return that role."""
    body: dict[str, Value] = {
        "name": _administrator_name(here),
        "description": f"Says who may what inside of {here.name} in {here.place.site}.",
        "assume_role_policy": policy(_trust(here)),
        "permissions_boundary": remote(handles.BASE, handles.boundary_arn()),
    }
    comment = "For people with a second factor: which of them, the account's own policies say."
    return here.block("aws_iam_role", body, "administrator", comment=comment)


def _administrator_name(here: StoreHere) -> str:
    return here.called("administrator", limit=handles.ROLE_LETTERS)


def _administrator_arn(here: StoreHere) -> str:
    return f"arn:aws:iam::{here.place.account}:role/{_administrator_name(here)}"


def _everywhere(here: StoreHere, area: Area) -> tuple[StoreHere, ...]:
    return in_places(here.file, area, here.name, here.plan)


def roles_inside(here: StoreHere, area: Area) -> Output:
    """Return what is put into the domain, path by path."""
    put: dict[str, Value] = {}
    for access, (cluster, index) in _INSIDE.items():
        roles = _roles(here, area, access)
        if roles:
            name = f"services-{access}"
            indices = [{"index_patterns": ["*"], "allowed_actions": list(index)}]
            role: Value = {"cluster_permissions": [cluster], "index_permissions": indices}
            put[f"_plugins/_security/api/roles/{name}"] = role
            put[f"_plugins/_security/api/rolesmapping/{name}"] = {"backend_roles": list(roles)}
    about = f"What the administrator's role PUTs once into {here.name} in {here.place.site}."
    return Output(label(here.place.region, here.name, "roles"), put, about)
