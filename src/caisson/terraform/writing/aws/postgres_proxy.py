"""The proxy before Postgres: it takes services by their roles, and shares few connections.

There is one in each place, but a proxy can stand before a database that takes writes only ("you
can associate a proxy only with the writer DB instance, not a read replica"). So the standby's has
no target: a failover promotes the database and then names it to this proxy, which is a call and
no wait for a proxy to be made.
"""

from collections.abc import Iterator

from caisson.terraform.writing.aws import credentials, handles, postgres
from caisson.terraform.writing.aws.documents import Statement, assumed_by, document, equal, policy
from caisson.terraform.writing.aws.stores import StoreHere, in_places
from caisson.terraform.writing.blueprint import INTERNAL, Area, Blueprint
from caisson.terraform.writing.model import Block, Output, Part, Value
from caisson.terraform.writing.names import label
from caisson.terraform.writing.references import attribute, bare, expression, remote

# How many services a store can have: the policies in a role have 10,240 letters, and the ARN of a
# secret has 290 at most, of which the names that are its own have 40 each.
MOST_SERVICES = 34
_FILE = "postgres_proxies"
_PROXY = "proxy"
_TRUST = "proxy-trust"
_IDLE_S = 1800
_BORROW_S = 30
# The rest is for administrators and for rotation.
_CONNECTIONS_PERCENT = 90
_IDLE_PERCENT = 50


def write(area: Area, plan: Blueprint) -> Iterator[Part]:
    for each in plan.replica_sets(area, "postgres"):
        places = in_places(_FILE, area, each.store, plan)
        if not places[0].credentials:
            continue
        proxies = [_proxy(here, area) for here in places]
        for here, proxy in zip(places, proxies, strict=True):
            yield from _proxied(here, proxy, area)
            yield from _told(here, proxy, proxies[0])
        yield _target(places[0], proxies[0])


def _proxied(here: StoreHere, proxy: Block, area: Area) -> Iterator[Block]:
    yield here.log_group(f"/aws/rds/proxy/{here.called()}", _PROXY)
    yield _trust(here)
    yield _role(here)
    rights = _rights(here, area)
    yield rights
    body: dict[str, Value] = {
        "name": here.called(_PROXY),
        "role": attribute(_role(here), "id"),
        "policy": policy(rights),
    }
    yield here.part("aws_iam_role_policy", body, _PROXY)
    yield proxy
    yield _group(here, proxy)


def _proxy(here: StoreHere, area: Area) -> Block:
    group = handles.security_group_id(here.place, handles.proxy(here.name))
    body: dict[str, Value] = {
        "name": here.called(),
        "engine_family": "POSTGRESQL",
        "require_tls": True,
        "debug_logging": False,
        "idle_client_timeout": _IDLE_S,
        "role_arn": attribute(_role(here), "arn"),
        "vpc_subnet_ids": here.subnet_ids,
        "vpc_security_group_ids": [remote(handles.NETWORK, group)],
        "auth": [
            {
                "auth_scheme": "SECRETS",
                "client_password_auth_type": "POSTGRES_SCRAM_SHA_256",
                "description": f"{each.service} signs in with its role.",
                "iam_auth": "REQUIRED",
                "secret_arn": credentials.secret_arn(area, here.place, each, here.plan),
            }
            for each in here.credentials
        ],
        "depends_on": [
            here.log_group("", _PROXY).address,
            here.part("aws_iam_role_policy", {}, _PROXY).address,
        ],
    }
    return here.block("aws_db_proxy", body)


def _group(here: StoreHere, proxy: Block) -> Block:
    pool: dict[str, Value] = {
        "connection_borrow_timeout": _BORROW_S,
        "max_connections_percent": _CONNECTIONS_PERCENT,
        "max_idle_connections_percent": _IDLE_PERCENT,
    }
    body: dict[str, Value] = {
        "db_proxy_name": attribute(proxy, "name"),
        "connection_pool_config": pool,
    }
    return here.part("aws_db_proxy_default_target_group", body)


def _target(here: StoreHere, proxy: Block) -> Block:
    database = postgres.primary(StoreHere(postgres.FILE, here.place, here.name, here.plan))
    body: dict[str, Value] = {
        "db_proxy_name": attribute(proxy, "name"),
        "target_group_name": attribute(_group(here, proxy), "name"),
        "db_instance_identifier": attribute(database, "identifier"),
    }
    return here.part("aws_db_proxy_target", body)


# What the proxy may


def _trust(here: StoreHere) -> Block:
    name = label(here.place.region, here.name, _TRUST)
    return document(_FILE, name, here.place.label, assumed_by("rds"))


def _role(here: StoreHere) -> Block:
    body: dict[str, Value] = {
        "name": here.called(_PROXY, limit=handles.ROLE_LETTERS),
        "description": f"Lets the proxy before {here.name} read how services sign in.",
        "assume_role_policy": policy(_trust(here)),
        "permissions_boundary": remote(handles.BASE, handles.boundary_arn()),
    }
    return here.block("aws_iam_role", body, _PROXY)


def _rights(here: StoreHere, area: Area) -> Block:
    secrets = [
        credentials.secret_arn(area, here.place, each, here.plan) for each in here.credentials
    ]
    key = remote(handles.KEYS, handles.key_arn(here.place, INTERNAL))
    through = equal("kms:ViaService", f"secretsmanager.{here.place.aws}.amazonaws.com")
    return document(
        _FILE,
        label(here.place.region, here.name, _PROXY),
        here.place.label,
        Statement("ReadHowServicesSignIn", ("secretsmanager:GetSecretValue",), secrets),
        Statement("DecipherIt", ("kms:Decrypt",), (key,), conditions=(through,)),
    )


# What others are told


def _told(here: StoreHere, proxy: Block, of_primary: Block) -> Iterator[Output]:
    place, plan = here.place, here.plan
    endpoint = f"{attribute(of_primary, 'endpoint')}:{postgres.PORT}"
    yield Output(
        handles.endpoint(place, here.name),
        endpoint,
        f"Where services of {place.site} reach {here.name}: the proxy before its primary.",
    )
    for each in here.credentials:
        about = f"the user that {each.service} signs in as to {each.store}."
        name = credentials.user(each, plan)
        arn = _user_arn(proxy, name)
        yield Output(handles.user_arn(place, each), arn, f"The ARN, at this proxy, of {about}")
        yield Output(handles.user_name(place, each), name, f"The name of {about}")


def _user_arn(proxy: Block, name: str) -> str:
    """Return what a right to connect names: arn:aws:rds-db:REGION:ACCOUNT:dbuser:PROXY/USER."""
    arn = bare(attribute(proxy, "arn"))
    users = expression(f'replace(replace({arn}, ":rds:", ":rds-db:"), ":db-proxy:", ":dbuser:")')
    return f"{users}/{name}"
