"""What a service is told: where its stores are, as whom to open them, which tenants are its own.

It stands in a parameter that the service reads when it starts and again from time to time, so
that a primary which moves needs no new copies. No secret is in it: services sign in to Postgres,
Redis, OpenSearch and S3 by their roles, and Memcached knows who they are by their network.
"""

import json
from collections.abc import Iterator

from caisson.terraform.writing.aws import handles
from caisson.terraform.writing.aws.rights import parameter_path
from caisson.terraform.writing.aws.served import ServiceHere
from caisson.terraform.writing.blueprint import INTERNAL
from caisson.terraform.writing.model import Block, Value
from caisson.terraform.writing.references import remote
from caisson.topology.model import Credential

_FILE = "connections"


def connections(here: ServiceHere) -> Iterator[Block]:
    """Yield the parameter of a service. It names nothing of another jurisdiction."""
    body: dict[str, Value] = {
        "name": parameter_path(here),
        "description": f"Where the stores of {here.component.id} are.",
        "type": "SecureString",
        "tier": "Intelligent-Tiering",
        "key_id": remote(handles.KEYS, handles.key_arn(here.place, INTERNAL)),
        "value": json.dumps(_document(here)),
        "tags": {**here.tags("connections"), "DataClass": INTERNAL},
    }
    yield here.part(_FILE, "aws_ssm_parameter", body)


def _document(here: ServiceHere) -> dict[str, object]:
    """Return the document, in the shape that it has on one machine."""
    tenants = (
        each
        for each in here.plan.topology.tenants
        if (each.environment, each.jurisdiction)
        == (here.place.environment, here.place.jurisdiction)
    )
    return {
        "environment": here.place.environment,
        "region": here.place.region,
        "jurisdiction": here.place.jurisdiction,
        "stores": {each.store: _store(here, each) for each in here.credentials},
        "tenants": {each.name: {"shard": each.shard} for each in tenants},
    }


def _store(here: ServiceHere, credential: Credential) -> dict[str, object]:
    store = here.plan.estate.stores[credential.store]
    found: dict[str, object] = {
        "system": store.system,
        "access": credential.access,
        "endpoint": remote(handles.DATA, handles.endpoint(here.place, credential.store)),
    }
    if store.system in {"postgres", "redis"}:
        found["user"] = remote(handles.DATA, handles.user_name(here.place, credential))
    if store.system == "postgres":
        found |= {"database": credential.store, "shards": store.shards}
    return found
