"""What was declared, thing by thing, and what is known of the data in it.

`Resource` says what and where a thing is, once; the network, the holdings and the movements name
it by its id. A declared estate has one per component and repository, Terraform one per resource
instance, whose id is the instance's address. `None` in a yes-or-no field means that it cannot be
told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from caisson.estate.sources import Source

# The region of what is in none.
GLOBAL = "global"
# The type of the place where Terraform keeps its own state, which it cannot work without.
TOOL_STATE = "terraform_state"


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing. `type` is the declaring language's word for it, `name` a short human name.

    `account` and `region` are None when they cannot be told, and `region` is `global` for what
    has none. `zones` are those in which it certainly is; `environment` and `jurisdiction` come
    from what the promise file says of tags, accounts, addresses and regions.
    """

    id: str
    type: str
    name: str
    account: str | None
    region: str | None
    source: Source
    zones: tuple[str, ...] = ()
    environment: str | None = None
    jurisdiction: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


class Rest(StrEnum):
    """How data is in a holding."""

    STORE = "store"
    REPLICA = "replica"  # follows another holding and takes no writes of its own
    CACHE = "cache"
    SEARCH = "search"
    FILES = "files"
    QUEUE = "queue"
    STREAM = "stream"
    LOG = "log"
    BACKUP = "backup"  # a vault, a snapshot, an archive of automated backups
    IMAGE = "image"  # what programs are started from
    SECRET = "secret"  # noqa: S105
    DELIVERY = "delivery"  # a content delivery network's copies at its edges
    DISK = "disk"
    STATE = "state"  # the tool's own state


# The `system` of a store whose engine is not told: the service that it is of.
UNTOLD_SYSTEMS = frozenset({"rds", "elasticache", "mq"})


@dataclass(frozen=True, slots=True)
class Holding:
    """Something in which data comes to rest; `id` is a resource's, or `<resource>/<part>`.

    `resource` is the resource it belongs to: automated backups are a holding of their own, in
    the database's resource. `keys` are ids of `Key`; empty with `encrypted` True means a key
    that the cloud keeps for everybody. `multi_zone`: survives the loss of one zone, without
    losing what was acknowledged. `rebuildable`: its content can be made again from elsewhere.
    `deletion_protected` covers both a protection flag and an undeletable vault.
    `durable` is False for what forgets when it stops.
    """

    id: str
    resource: str
    rest: Rest
    system: str  # postgres, mysql, redis, s3, dynamodb, ...
    region: str | None
    account: str | None
    source: Source
    jurisdiction: str | None = None
    environment: str | None = None
    encrypted: bool | None = None
    keys: tuple[str, ...] = ()
    encrypted_in_transit: bool | None = None
    public: bool | None = None
    multi_zone: bool | None = None
    deletion_protected: bool | None = None
    versioned: bool | None = None
    rebuildable: bool = False
    durable: bool = True
    sure: bool = True


class Way(StrEnum):
    """How data gets from one holding into another."""

    REPLICATION = "replication"
    BACKUP = "backup"
    COPY = "copy"  # of a backup
    LOG = "log"
    DELIVERY = "delivery"
    MESSAGE = "message"
    EXPORT = "export"
    CACHE = "cache"


@dataclass(frozen=True, slots=True)
class Movement:
    """Data of `source` comes to rest in `target` (both holding ids, or one that was not read).

    What is lost when `source` is lost at the worst moment and `target` survives is between
    `lag_least_s` and `lag_most_s` old: a backup that is made once a day is a day old right before
    the next one, and older when that takes its time. `lag_most_s` is None when nothing bounds it.
    `kept_s` is how long a backup stays, None when unknown or for ever. `point_in_time`: any
    moment can be restored. `timed` is False when one of these is not told, so that the others
    are only what is known of it.
    """

    way: Way
    source: str
    target: str
    declared: Source
    lag_least_s: float = 0.0
    lag_most_s: float | None = None
    kept_s: float | None = None
    point_in_time: bool = False
    via: str = ""  # what does it, in words: `backup plan aws_backup_plan.daily, rule hourly`
    sure: bool = True
    timed: bool = True


@dataclass(frozen=True, slots=True)
class Key:
    """An encryption key. `replica_of` is the primary of a multi-region key.

    `deletion_days` is the waiting time before it can be gone.
    """

    id: str
    account: str | None
    region: str | None
    source: Source
    environment: str | None = None
    jurisdiction: str | None = None
    multi_region: bool | None = None
    replica_of: str | None = None
    rotated: bool | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document as written; `document` is None when it is known only after apply."""

    id: str
    attached_to: str  # resource id
    document: str | None
    kind: str  # identity | resource | trust | boundary
    source: Source


@dataclass(frozen=True, slots=True)
class Admission:
    """Principals of `whom`, other accounts by their numbers, are let into `account`.

    `by` is the resource that lets them in, and `how` says as much of it in a few words. `whom` is
    None for those of every account, `account` None where it may be any. Not `sure`: perhaps
    nobody is let in, or others; that an account has no admission means that it has none.
    `becomes`: who is let in takes a role, and is from then on a principal of `account`.
    """

    by: str
    how: str  # `its statement Read allows arn:aws:iam::222222222222:root`
    account: str | None
    whom: tuple[str, ...] | None
    source: Source
    sure: bool = False
    becomes: bool = False


@dataclass(frozen=True, slots=True)
class Use:
    """`user` (a resource) needs `used` to start or to work: a key, secret, image, role, name.

    `why` says for what, in a few words: `environment variable DATABASE_URL`, `image`, `role`.
    """

    user: str
    used: str
    why: str
    source: Source
    sure: bool = True


class Question(StrEnum):
    """What a gap may matter to."""

    REACHABILITY = "reachability"
    ISOLATION = "isolation"
    RESIDENCY = "residency"
    RECOVERABILITY = "recoverability"
    ENCRYPTION = "encryption"
    EXPOSURE = "exposure"
    CONSISTENCY = "consistency"
    ACCESS = "access"


EVERY_QUESTION = frozenset(Question)


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that was not understood, and what it keeps from being told.

    `about` are the resources it is certain to be confined to (itself and what it names); empty
    means that it may concern anything.
    """

    what: str  # one sentence: `aws_vpn_connection.office is not understood`
    resource: str
    type: str
    questions: frozenset[Question]
    source: Source
    about: tuple[str, ...] = ()


class Understanding(StrEnum):
    MODELLED = "modelled"  # its part of the topology is complete
    NEUTRAL = "neutral"  # known to matter to none of our questions
    IGNORED = "ignored"  # not understood: a gap


@dataclass(frozen=True, slots=True)
class Count:
    """How many resources of a type there were, and what became of them."""

    type: str
    number: int
    understanding: Understanding
