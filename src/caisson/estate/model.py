"""What a team declares: the estate, as written in YAML.

Pydantic stands at this edge. Everything that travels further into the program is a
frozen dataclass of `caisson.topology`. What can be promised stands in `caisson.estate.promises`.
"""

# ruff: noqa: RUF012  pydantic copies defaults for each value
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from caisson.estate.aws import Aws, Image
from caisson.estate.backups import (
    Backup,
    Backups,
    Column,
    DeclaredQuestion,
    RequestQuestion,
    SqlQuestion,
    WritesQuestion,
)
from caisson.estate.declared import Declared, Name
from caisson.estate.promises import (
    DeclaredPromise,
    Encrypted,
    Isolation,
    Lose,
    LoseRegion,
    OpenToInternet,
    Promise,
    Public,
    Reach,
    Residency,
    Restore,
    Same,
)

__all__ = [
    "Aws",
    "Backup",
    "Backups",
    "Encrypted",
    "Environment",
    "Estate",
    "Isolation",
    "Jurisdiction",
    "Lose",
    "LoseRegion",
    "OpenToInternet",
    "Probe",
    "ProbeList",
    "ProbeWrite",
    "Promise",
    "Public",
    "Reach",
    "RebuildFrom",
    "Region",
    "RequestQuestion",
    "Residency",
    "Restore",
    "Same",
    "Scale",
    "Service",
    "SqlQuestion",
    "Store",
    "Task",
    "Tenant",
    "WritesQuestion",
]

System = Literal["postgres", "redis", "memcached", "opensearch", "files"]
Replication = Literal["async", "sync"]
Access = Literal["read", "write"]


class Jurisdiction(Declared):
    """A legal area; `home` holds the primaries and `standby` the second copies."""

    home: Name
    standby: Name | None = None


class Region(Declared):
    """An independent failure area inside one jurisdiction, with its name in each cloud."""

    jurisdiction: Name
    aws: str | None = None
    gcp: str | None = None
    azure: str | None = None


class RebuildFrom(Declared):
    """A store whose content can be made again from another store."""

    from_: Name = Field(alias="from")


def _form_of_rebuildable(value: object) -> str:
    return "[from]" if isinstance(value, Mapping | RebuildFrom) else "[flag]"


# Told apart by form before validation, so that a mistake is reported once and not per form.
# Tags stand in brackets: they become parts of pydantic's paths, and no key looks like that.
Rebuildable = Annotated[
    Annotated[bool, Tag("[flag]")] | Annotated[RebuildFrom, Tag("[from]")],
    Discriminator(_form_of_rebuildable),
]


class Store(Declared):
    """A system that keeps data. `schema` is SQL applied once per logical shard (postgres).

    `data` is the class of what is in it: classes have keys of their own. `was` is the store's
    name before it was renamed, so that nothing is made anew for the sake of a name. `questions`
    are the application's own, asked of every restored copy. `tenant` is the column that says
    whose a row is: a table that has it is one of tenants, and any other is shared by all.
    """

    system: System
    was: Name | None = None
    data: Name = "customer"
    shards: Annotated[int, Field(ge=1, le=1024)] = 1
    replication: Replication = "async"
    rebuildable: Rebuildable = False
    schema_: str | None = Field(default=None, alias="schema")
    tenant: Column | None = None
    backup: Backup | None = None
    questions: list[DeclaredQuestion] = []


class ProbeWrite(Declared):
    """A PUT that a drill's probe sends, with `{tenant}`, `{page}` and `{id}` filled in.

    It must be idempotent, and be answered with a 2xx only once the write is committed.
    """

    put: Annotated[str, Field(pattern=r"^/")]
    body: dict[str, str] = {}


class ProbeList(Declared):
    """A GET that lists what was written: JSON with the ids under `ids`.

    When there are more, the last id of this answer is under `next`, and goes into `{after}`.
    """

    get: Annotated[str, Field(pattern=r"^/")]
    ids: str = "ids"
    next: str = "next"


class Probe(Declared):
    """How a drill uses the service like a user: `prepare` once per page, then `write` many."""

    prepare: ProbeWrite | None = None
    write: ProbeWrite
    list: ProbeList


class Scale(Declared):
    """How many copies of a service run in each region: so many at least, and at most."""

    least: Annotated[int, Field(ge=1, le=1000)] = 2
    most: Annotated[int, Field(ge=1, le=1000)] = 10


class Task(Declared):
    """What one copy of a service is given: thousandths of a processor, and MiB of memory."""

    cpu: Annotated[int, Field(ge=1)] = 512
    memory: Annotated[int, Field(ge=1)] = 1024


class Service(Declared):
    """A program that serves requests.

    `run` is started in the estate's folder, in every site. It listens on the address in
    CAISSON_LISTEN and reads its connections from the file named by CAISSON_CONNECTIONS.
    `image` is its container, needed where there is a cloud; `port` is where it listens there.
    `ready` is the path that answers 200 when the service can serve, and `health` the one that
    answers 200 while its process is well, whatever the state of the stores.
    """

    run: Annotated[list[str], Field(min_length=1)]
    image: Image | None = None
    was: Name | None = None
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    task: Task = Task()
    scale: Scale = Scale()
    public: Literal["http", "https"] | None = None
    ready: Annotated[str, Field(pattern=r"^/")] = "/ready"
    health: Annotated[str, Field(pattern=r"^/")] = "/health"
    probe: Probe | None = None
    uses: dict[Name, Access] = {}


class Environment(Declared):
    """An isolated copy of the estate; `jurisdictions` narrows where it exists."""

    jurisdictions: list[Name] | None = None
    sizes: Literal["small", "normal"] = "normal"


class Tenant(Declared):
    """A customer whose data stays together, at home in one jurisdiction."""

    home: Name


class Estate(Declared):
    """Everything declared. Cross-references are checked by `caisson.estate.references`.

    `backups` says by jurisdiction where backups lie. What it leaves out has them in the region of
    the standby, or in that of the home where there is no standby.
    """

    estate: Name
    jurisdictions: dict[Name, Jurisdiction] = {}
    regions: dict[Name, Region] = {}
    stores: dict[Name, Store] = {}
    backups: dict[Name, Backups] = {}
    services: dict[Name, Service] = {}
    environments: dict[Name, Environment] = {"production": Environment()}
    tenants: dict[Name, Tenant] = {}
    promises: list[DeclaredPromise] = []
    aws: Aws | None = None
