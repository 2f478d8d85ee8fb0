"""Credentials of Postgres: a secret for the administrator and for each service, rotated monthly.

Services prove who they are to the proxy with their roles, and never see a password: it is the
proxy that shows the database the one of the service. A secret is written in the home, and AWS
copies it to the standby.
"""

from collections.abc import Iterator

from caisson.terraform.writing.aws import handles, logs, postgres
from caisson.terraform.writing.aws.passwords import password
from caisson.terraform.writing.aws.stores import StoreHere, in_places
from caisson.terraform.writing.blueprint import INTERNAL, Area, Blueprint, Place
from caisson.terraform.writing.model import Block, Output, Part, Value
from caisson.terraform.writing.names import label, renamed
from caisson.terraform.writing.references import attribute, bare, expression, remote
from caisson.topology.model import Credential

# What no service can be called in a database: ours, those of RDS and its proxy, and two words of
# Postgres.
RESERVED = frozenset({postgres.ADMINISTRATOR, "rdsadmin", "rdsproxyadmin", "none", "public"})
_FILE = "credentials"
_ROTATED_DAYS = 30
_ROTATION = "rotation"
# AWS's own function. Who writes the password also changes it: each user changes their own.
_APPLICATION = (
    "arn:aws:serverlessrepo:us-east-1:297356227824:applications/"
    "SecretsManagerRDSPostgreSQLRotationSingleUser"
)
_LAMBDA_LETTERS = 64


def write(area: Area, plan: Blueprint) -> Iterator[Part]:
    stores = plan.replica_sets(area, "postgres")
    if stores:
        yield from _rotation(area.home, plan)
    for each in stores:
        places = in_places(_FILE, area, each.store, plan)
        yield from _rotated(places, postgres.ADMINISTRATOR, postgres.ADMINISTRATOR)
        for credential in places[0].credentials:
            yield password(places[0], credential.service)
            yield from _rotated(places, credential.service, user(credential, plan))
            for place in area.places:
                about = f"How {credential.service} signs in to {credential.store}."
                arn = secret_arn(area, place, credential, plan)
                yield Output(handles.secret_arn(place, credential), arn, about)


def user(credential: Credential, plan: Blueprint) -> str:
    """Return the user that a service is in the database, which it stays when it is renamed."""
    return plan.names_of_service(credential.service)[0]


def secret_arn(area: Area, place: Place, credential: Credential, plan: Blueprint) -> str:
    """Return the secret of a service as it is in one place: copies differ in nothing else."""
    places = in_places(_FILE, area, credential.store, plan)
    made = _secret(places, credential.service, user(credential, plan))
    arn = attribute(made, "arn")
    if place == area.home:
        return arn
    return expression(f'replace({bare(arn)}, ":{area.home.aws}:", ":{place.aws}:")')


def _rotated(places: tuple[StoreHere, ...], name: str, who: str) -> Iterator[Block]:
    """Yield the secret of the user `who`, its first value, and what changes it."""
    secret = _secret(places, name, who)
    yield secret
    value = _value(places[0], secret, name, who)
    yield value
    body: dict[str, Value] = {
        "secret_id": attribute(secret, "id"),
        "rotation_lambda_arn": expression(
            f'{_application(places[0].place, places[0].plan).address}.outputs["RotationLambdaARN"]'
        ),
        "rotation_rules": [{"automatically_after_days": _ROTATED_DAYS}],
        "rotate_immediately": False,
        # What has no value yet cannot be given another.
        "depends_on": [value.address],
    }
    yield _named(places[0], "aws_secretsmanager_secret_rotation", name, who, body)


def _secret(places: tuple[StoreHere, ...], name: str, who: str) -> Block:
    home, *standbys = places
    place = home.place
    body: dict[str, Value] = {
        # An ending that is a word of its own: AWS puts a hyphen and six letters behind it.
        "name": f"{home.plan.estate.estate}/{place.environment}/{place.jurisdiction}"
        f"/{home.first_name}/{who}/credential",
        "description": f"How {name} signs in to {home.name}.",
        "kms_key_id": _key(place),
        "replica": [
            {"region": each.place.aws, "kms_key_id": _key(each.place)} for each in standbys
        ],
        "tags": {**home.tags(name), "DataClass": INTERNAL},
    }
    return _named(home, "aws_secretsmanager_secret", name, who, body)


def _value(here: StoreHere, secret: Block, name: str, who: str) -> Block:
    """Return the first value, as AWS's function reads and writes it."""
    of_database = postgres.primary(StoreHere(postgres.FILE, here.place, here.name, here.plan))
    administers = who == postgres.ADMINISTRATOR
    # The administrator's own is the one that the database was given.
    own = password(here, name)
    parts = {
        "engine": '"postgres"',
        "host": f"{of_database.address}.address",
        "port": str(postgres.PORT),
        "dbname": f'"{postgres.database(here)}"',
        "username": f'"{who}"',
        "password": f"{own.address}.random_password",
    }
    text = ", ".join(f"{key} = {value}" for key, value in parts.items())
    version: Value = expression(f"var.{postgres.PASSWORD_VERSION}") if administers else 1
    body: dict[str, Value] = {
        "secret_id": attribute(secret, "id"),
        "secret_string_wo": expression(f"jsonencode({{{text}}})"),
        "secret_string_wo_version": version,
    }
    return _named(here, "aws_secretsmanager_secret_version", name, who, body)


def _named(here: StoreHere, kind: str, name: str, who: str, body: dict[str, Value]) -> Block:
    """Return a block of a user's credential, and what it was called before either was renamed."""
    users = tuple(dict.fromkeys((who, name)))
    called, was = renamed((here.place.region,), here.names, users)
    return Block(_FILE, kind, called, here.place.label, body, was=was)


def _key(place: Place) -> str:
    return remote(handles.KEYS, handles.key_arn(place, INTERNAL))


# What rotates


def _rotation(home: Place, plan: Blueprint) -> Iterator[Block]:
    name = label(home.region, _ROTATION)
    yield logs.group(_FILE, home, name, f"/aws/lambda/{_function(home, plan)}")
    yield _application(home, plan)


def _application(home: Place, plan: Blueprint) -> Block:
    subnets = bare(remote(handles.NETWORK, handles.subnet_ids(home, handles.PRIVATE)))
    group = remote(handles.NETWORK, handles.security_group_id(home, handles.ROTATION))
    body: dict[str, Value] = {
        "name": _function(home, plan),
        "application_id": _APPLICATION,
        "capabilities": ["CAPABILITY_IAM", "CAPABILITY_RESOURCE_POLICY"],
        "parameters": {
            "functionName": _function(home, plan),
            "endpoint": f"https://secretsmanager.{home.aws}.amazonaws.com",
            "kmsKeyArn": _key(home),
            "vpcSubnetIds": expression(f'join(",", {subnets})'),
            "vpcSecurityGroupIds": group,
        },
        "tags": {"Name": _function(home, plan)},
    }
    kind = "aws_serverlessapplicationrepository_cloudformation_stack"
    comment = "The function may change those secrets that name it as what rotates them, no others."
    return Block(_FILE, kind, label(home.region, _ROTATION), home.label, body, comment=comment)


def _function(home: Place, plan: Blueprint) -> str:
    return plan.name(home, _ROTATION, limit=_LAMBDA_LETTERS)
