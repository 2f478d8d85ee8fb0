"""What a team declares: the estate, as written in YAML.

Pydantic stands at this edge. Everything that travels further into the program is a
frozen dataclass of `caisson.topology`. Durations are seconds (`float`); they are written
as `500ms`, `5s`, `10m`, `1h`, `7d`.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"^(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h|d)$")


def parse_duration(value: object) -> float:
    """Seconds in `5s`, `500ms`, `1h`, ...; a bare number is refused, its unit would be a guess."""
    if isinstance(value, str) and (match := _DURATION.match(value.strip())):
        return float(match[1]) * _UNITS[match[2]]
    raise ValueError("write a duration with its unit, such as 500ms, 5s, 10m, 1h or 7d")


_WrittenDuration = Annotated[str, Field(pattern=_DURATION.pattern)]
Duration = Annotated[
    float, BeforeValidator(parse_duration, json_schema_input_type=_WrittenDuration)
]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
System = Literal["postgres", "redis", "memcached", "opensearch", "files"]
Replication = Literal["async", "sync"]
Access = Literal["read", "write"]


class Declared(BaseModel):
    """Base of everything declared: unknown keys are mistakes, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, strict=True)


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


class Backup(Declared):
    """How a store is backed up: full copies `every`, kept for `keep`, with the WAL or not."""

    every: Duration
    wal: bool = False
    keep: Duration


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
    """A system that keeps data. `schema` is SQL applied once per logical shard (postgres)."""

    system: System
    shards: Annotated[int, Field(ge=1, le=1024)] = 1
    replication: Replication = "async"
    rebuildable: Rebuildable = False
    schema_: str | None = Field(default=None, alias="schema")
    backup: Backup | None = None


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


class Service(Declared):
    """A program that serves requests.

    `run` is started in the estate's folder, in every site. It listens on the address in
    CAISSON_LISTEN and reads its connections from the file named by CAISSON_CONNECTIONS.
    `ready` is the path that answers 200 when the service can serve, and `health` the one that
    answers 200 while its process is well, whatever the state of the stores.
    """

    run: Annotated[list[str], Field(min_length=1)]
    image: str | None = None
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


class LoseRegion(Declared):
    """After the loss of any one region: at most `rpo` of data lost, service back within `rto`."""

    name: Name
    when: Literal["region lost"]
    rpo: Duration
    rto: Duration
    verified_every: Duration = Field(
        default=7 * 86400.0, alias="verified every", json_schema_extra={"default": "7d"}
    )


class Residency(Declared):
    """The data of the tenants of jurisdiction `tenants` rests in `stays_in` only."""

    name: Name
    tenants: Name
    stays_in: Name = Field(alias="data stays in")


class Isolation(Declared):
    """No flow, credential, store or address is shared between two environments."""

    name: Name
    isolate: Annotated[list[Name], Field(min_length=2, max_length=2)]


class Reach(Declared):
    """Only the named services may open the store."""

    name: Name
    reach: Name
    from_: list[Name] = Field(alias="from")


class Restore(Declared):
    """The store can be restored within a time, shown by a restore that was run."""

    name: Name
    restore: Name
    within: Duration
    verified_every: Duration = Field(
        default=7 * 86400.0, alias="verified every", json_schema_extra={"default": "7d"}
    )


Promise = LoseRegion | Residency | Isolation | Reach | Restore

# The key that tells which kind of promise is meant.
PROMISE_KINDS: tuple[tuple[str, type[Declared]], ...] = (
    ("when", LoseRegion),
    ("tenants", Residency),
    ("isolate", Isolation),
    ("reach", Reach),
    ("restore", Restore),
)


def _kind_of_promise(value: object) -> str | None:
    """The tag of the kind by its telling key; None when there is none, or more than one."""
    kinds = [
        key
        for key, kind in PROMISE_KINDS
        if isinstance(value, kind) or (isinstance(value, Mapping) and key in value)
    ]
    return f"[{kinds[0]}]" if len(kinds) == 1 else None


DeclaredPromise = Annotated[
    Annotated[LoseRegion, Tag("[when]")]
    | Annotated[Residency, Tag("[tenants]")]
    | Annotated[Isolation, Tag("[isolate]")]
    | Annotated[Reach, Tag("[reach]")]
    | Annotated[Restore, Tag("[restore]")],
    Discriminator(_kind_of_promise),
]


class Estate(Declared):
    """Everything declared. Cross-references are checked by `caisson.estate.references`."""

    estate: Name
    jurisdictions: dict[Name, Jurisdiction] = {}
    regions: dict[Name, Region] = {}
    stores: dict[Name, Store] = {}
    services: dict[Name, Service] = {}
    environments: dict[Name, Environment] = {"production": Environment()}
    tenants: dict[Name, Tenant] = {}
    promises: list[DeclaredPromise] = []
