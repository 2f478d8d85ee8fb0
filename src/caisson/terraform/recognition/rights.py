"""What services may do to stores, by the policies of their roles."""

from collections.abc import Iterator
from dataclasses import dataclass

from caisson.terraform.aws.policies import document_of
from caisson.terraform.reading import Block, Reading
from caisson.terraform.recognition.things import BUCKET, DATABASE, REDIS, SEARCH, Thing
from caisson.topology.arns import Arn

READ, WRITE = "read", "write"
_DOCUMENT, _ROLE = "aws_iam_policy_document", "aws_iam_role"
_DB_PROXY, _USER = "aws_db_proxy", "aws_elasticache_user"
_NAMED = (BUCKET, DATABASE, REDIS, SEARCH, _DB_PROXY, _USER)
# What a service must be allowed at the least, and what makes more of it than reading.
_READS = {"opensearch": "es:ESHttpGet", "files": "s3:GetObject"}
_WRITES = {"opensearch": "es:ESHttpPut", "files": "s3:PutObject"}


@dataclass(frozen=True, slots=True)
class Right:
    """A statement that allows: these actions to these resources, or to a part of them."""

    actions: frozenset[str]
    to: frozenset[str]


def rights(service: Block) -> tuple[Right, ...]:
    """Return what the copies of a service may do, with the role that they have."""
    task = service.link("task_definition", "aws_ecs_task_definition").only
    reading = service.reading
    role = reading.at(task).link("task_role_arn", _ROLE).only if task else None
    return tuple(reading.once(_of_roles).get(role or "", ()))


def _of_roles(reading: Reading) -> dict[str, list[Right]]:
    """Return what each role may do, as its policies say by data sources or, in a plan, in full."""
    found: dict[str, list[Right]] = {}
    for policy in reading.of("aws_iam_role_policy"):
        role = policy.link("role", _ROLE).only
        if role is not None:
            found.setdefault(role, []).extend(_given(policy))
    return found


def _given(policy: Block) -> Iterator[Right]:
    document = policy.link("policy", _DOCUMENT).only
    if document is not None and document in policy.reading.instances:
        return _linked(policy.reading.at(document))
    return _written_out(policy)


def _linked(document: Block) -> Iterator[Right]:
    for each in document.blocks("statement"):
        if (each.text("effect") or "Allow") == "Allow":
            to = each.link("resources", *_NAMED).to
            yield Right(frozenset(each.texts("actions").values), frozenset(to))


def _written_out(policy: Block) -> Iterator[Right]:
    for each in document_of(policy, "policy").statements:
        if each.allow:
            to = (one for name in each.resources for one in _named(policy, name))
            yield Right(frozenset(each.actions or ()), frozenset(to))


def _named(policy: Block, name: str) -> Iterator[str]:
    """Yield what an ARN in a policy names, or has all the content of.

    Who signs in to a database is named by its proxy.
    """
    yield from policy.reading.links.named(name.removesuffix("/*"), _NAMED)
    arn = Arn.parse(name)
    if arn is None or arn.service != "rds-db":
        return
    proxy = arn.resource.removeprefix("dbuser:").partition("/")[0]
    for each in policy.reading.of(_DB_PROXY):
        named = each.text("arn")
        if isinstance(named, str) and named.endswith(f":{proxy}"):
            yield each.address


def access(given: tuple[Right, ...], store: Thing, proxies: tuple[str, ...]) -> str | None:
    """Return what a service may do to a store, None when nothing.

    Postgres itself says what its users may do, and to Memcached everybody may do everything.
    """
    match store.component.system:
        case "memcached":
            return WRITE
        case "postgres":
            return WRITE if any(_allow(given, "rds-db:connect", each) for each in proxies) else None
        case "redis":
            return _of_user(given, store)
        case system:
            writes = _allow(given, _WRITES[system], store.resource)
            reads = _allow(given, _READS[system], store.resource)
            return WRITE if writes else READ if reads else None


def _allow(given: tuple[Right, ...], action: str, resource: str) -> bool:
    return any(action in each.actions and resource in each.to for each in given)


def _of_user(given: tuple[Right, ...], store: Thing) -> str | None:
    """Return what a user of Redis may do that the role signs in as, and the group of users has."""
    users = {
        user
        for group in store.block.link("user_group_ids", "aws_elasticache_user_group").to
        for user in store.block.reading.at(group).link("user_ids", _USER).to
    }
    signs_in = (r for r in given if "elasticache:Connect" in r.actions and store.resource in r.to)
    mine = sorted(users & {user for right in signs_in for user in right.to})
    may = [str(store.block.reading.at(user).text("access_string")) for user in mine]
    if any("+@all" in each or "+@write" in each for each in may):
        return WRITE
    return READ if any("+@read" in each for each in may) else None
