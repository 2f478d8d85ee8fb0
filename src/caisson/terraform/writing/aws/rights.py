"""What a service may do to the stores that it uses, store by store, and nothing else.

Any member of a replicated store may become the primary, so that rights are for all of them.
What is not replicated is used in its own place.
"""

from collections.abc import Iterator

from caisson.estate.model import Store
from caisson.terraform.writing.aws import handles
from caisson.terraform.writing.aws.documents import Statement, equal
from caisson.terraform.writing.aws.served import ServiceHere
from caisson.terraform.writing.blueprint import INTERNAL, Place
from caisson.terraform.writing.references import remote
from caisson.topology.declaration import REPLICATED
from caisson.topology.model import Credential

_READ_FILES = ("s3:GetObject",)
_WRITE_FILES = ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject")
_READ_SEARCH = ("es:ESHttpGet", "es:ESHttpHead")
_WRITE_SEARCH = ("es:ESHttpDelete", "es:ESHttpPatch", "es:ESHttpPost", "es:ESHttpPut")
# Questions that are too long for an address are posted.
_QUESTIONS = ("_count", "_mget", "_msearch", "_search")


def rights(here: ServiceHere) -> Iterator[Statement]:
    """Yield the rights to every store that the service uses."""
    for credential in here.credentials:
        store = here.plan.estate.stores[credential.store]
        for place in members(here, store):
            yield from _to_store(store, credential, place)


def members(here: ServiceHere, store: Store) -> tuple[Place, ...]:
    """Return the places in which the service uses a store."""
    return here.area.places if store.system in REPLICATED else (here.place,)


def parameter_path(here: ServiceHere) -> str:
    """Return the parameter that tells the service where its stores are."""
    return f"/caisson{here.path()}"


def configured(here: ServiceHere) -> Iterator[Statement]:
    """Yield the right to read where its stores are, again and again: primaries move."""
    region, account = here.place.aws, here.place.account
    arn = f"arn:aws:ssm:{region}:{account}:parameter{parameter_path(here)}"
    yield Statement("ReadItsConnections", ("ssm:GetParameter",), (arn,))
    key = remote(handles.KEYS, handles.key_arn(here.place, INTERNAL))
    through = equal("kms:ViaService", f"ssm.{region}.amazonaws.com")
    of_it = equal("kms:EncryptionContext:PARAMETER_ARN", arn)
    decrypt = ("kms:Decrypt",)
    yield Statement("DecipherItsConnections", decrypt, (key,), conditions=(through, of_it))


def _to_store(store: Store, credential: Credential, place: Place) -> Iterator[Statement]:
    name = _sid(credential.store, place)
    match store.system:
        case "postgres":
            user = remote(handles.DATA, handles.user_arn(place, credential))
            yield Statement(f"SignInTo{name}", ("rds-db:connect",), (user,))
        case "redis":
            user = remote(handles.DATA, handles.user_arn(place, credential))
            both = (_arn(place, credential), user)
            yield Statement(f"SignInTo{name}", ("elasticache:Connect",), both)
        case "files":
            yield from _files(name, store, credential, place)
        case "opensearch":
            yield from _search(name, credential, place)
        case "memcached":  # knows no users: who reaches it, by its security group, uses it
            return


def _files(name: str, store: Store, credential: Credential, place: Place) -> Iterator[Statement]:
    bucket = _arn(place, credential)
    writes = credential.access == "write"
    actions = (*_READ_FILES, *(_WRITE_FILES if writes else ()))
    yield Statement(f"List{name}", ("s3:ListBucket",), (bucket,))
    yield Statement(f"Use{name}", actions, (f"{bucket}/*",))
    key = remote(handles.KEYS, handles.key_arn(place, store.data))
    through = equal("kms:ViaService", f"s3.{place.aws}.amazonaws.com")
    use = ("kms:Decrypt", *(("kms:GenerateDataKey",) if writes else ()))
    yield Statement(f"UseKeyOf{name}", use, (key,), conditions=(through,))


def _search(name: str, credential: Credential, place: Place) -> Iterator[Statement]:
    domain = _arn(place, credential)
    if credential.access == "write":
        yield Statement(f"Use{name}", (*_READ_SEARCH, *_WRITE_SEARCH), (f"{domain}/*",))
        return
    yield Statement(f"Read{name}", _READ_SEARCH, (f"{domain}/*",))
    asked = tuple(f"{domain}/{where}{each}" for each in _QUESTIONS for where in ("", "*/"))
    yield Statement(f"Ask{name}", ("es:ESHttpPost",), asked)


def _arn(place: Place, credential: Credential) -> str:
    return remote(handles.DATA, handles.resource_arn(place, credential.store))


def _sid(store: str, place: Place) -> str:
    """Return a store in a place as a part of a statement's name: letters and digits alone."""
    words = (*store.split("-"), "in", *place.region.split("-"))
    return "".join(each.capitalize() for each in words)
