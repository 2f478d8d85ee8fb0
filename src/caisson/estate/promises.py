"""What can be promised, and the file of promises that is written beside somebody's Terraform.

Each kind of promise is told by one key that no other kind has. A subject names components of a
declared estate, or resources of Terraform: `caisson.prove.subjects` says which.
"""

# ruff: noqa: RUF012  pydantic copies defaults for each value
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from caisson.estate.declared import Declared, Duration, Name, Patterns, PortRange, Subject

_WEEK = 7 * 86400.0
Verified = Annotated[Duration, Field(alias="verified every", json_schema_extra={"default": "7d"})]
Two = Annotated[list[Subject], Field(min_length=2, max_length=2)]


class LoseRegion(Declared):
    """After the loss of any one region: at most `rpo` of data lost, service back within `rto`."""

    name: Name
    when: Literal["region lost"]
    rpo: Duration
    rto: Duration
    verified_every: Verified = _WEEK


class Lose(Declared):
    """After the loss of any one `lose`, data survives and at most `rpo` of it is lost.

    It speaks of data alone. `of` narrows it to these stores.
    """

    name: Name
    lose: Literal["zone", "region", "account", "store"]
    rpo: Duration
    of: Patterns = ["stores"]


class Residency(Declared):
    """The data of the tenants of jurisdiction `tenants` rests in `stays_in` only.

    Where no tenants are declared, it is the data of the stores in that jurisdiction, or of
    those of them that `stores` names, but for those that `except` names.
    """

    name: Name
    tenants: Name
    stays_in: Name = Field(alias="data stays in")
    stores: Patterns = ["stores"]
    except_: Patterns = Field(default=[], alias="except")


class Isolation(Declared):
    """Nothing is shared between two environments or accounts, and nothing leads across.

    In Terraform `except` names what may be shared nevertheless: resources, or `account`.
    """

    name: Name
    isolate: Two
    except_: Patterns = Field(default=[], alias="except")


class Reach(Declared):
    """Only the subjects in `from` may open the subject, on `ports` (default: on any)."""

    name: Name
    reach: Subject
    from_: list[Subject] = Field(alias="from")
    ports: list[PortRange] | None = None


class Restore(Declared):
    """The store can be restored within a time, shown by a restore that was run.

    What is missing afterwards is no older than `rpo`, where it is promised.
    """

    name: Name
    restore: Subject
    within: Duration
    rpo: Duration | None = None
    verified_every: Verified = _WEEK


class OpenToInternet(Declared):
    """Nothing is open to the internet but these ports, and the subjects in `except`.

    `of` narrows it to some subjects.
    """

    name: Name
    ports: list[PortRange] = Field(alias="open to internet")
    of: Patterns = ["anything"]
    except_: Patterns = Field(default=[], alias="except")


class Encrypted(Declared):
    """Data is encrypted at rest, in transit, or both, in all stores or in those of `of`."""

    name: Name
    encrypted: Annotated[list[Literal["at rest", "in transit"]], Field(min_length=1)]
    of: Patterns = ["stores"]


class Public(Declared):
    """No store can be read by everybody but these."""

    name: Name
    public: Patterns


class Same(Declared):
    """Two environments are the same in what matters, but for what `except` names.

    An exception is an address without what tells the environments apart, a type, a pattern
    of either, or an aspect: `backup`, `encryption`, `network rules`, ...
    """

    name: Name
    same: Two
    except_: Patterns = Field(default=[], alias="except")


Promise = (
    LoseRegion
    | Residency
    | Isolation
    | Reach
    | Restore
    | Lose
    | OpenToInternet
    | Encrypted
    | Public
    | Same
)

# The key that tells which kind of promise is meant.
PROMISE_KINDS: tuple[tuple[str, type[Declared]], ...] = (
    ("when", LoseRegion),
    ("tenants", Residency),
    ("isolate", Isolation),
    ("reach", Reach),
    ("restore", Restore),
    ("lose", Lose),
    ("open to internet", OpenToInternet),
    ("encrypted", Encrypted),
    ("public", Public),
    ("same", Same),
)


def _kind_of_promise(value: object) -> str | None:
    """The tag of the kind by its telling key; None when there is none, or more than one."""
    kinds = [
        key
        for key, kind in PROMISE_KINDS
        if isinstance(value, kind) or (isinstance(value, Mapping) and key in value)
    ]
    return f"[{kinds[0]}]" if len(kinds) == 1 else None


# Tags stand in brackets: they become parts of pydantic's paths, and no key looks like that.
DeclaredPromise = Annotated[
    Annotated[LoseRegion, Tag("[when]")]
    | Annotated[Residency, Tag("[tenants]")]
    | Annotated[Isolation, Tag("[isolate]")]
    | Annotated[Reach, Tag("[reach]")]
    | Annotated[Restore, Tag("[restore]")]
    | Annotated[Lose, Tag("[lose]")]
    | Annotated[OpenToInternet, Tag("[open to internet]")]
    | Annotated[Encrypted, Tag("[encrypted]")]
    | Annotated[Public, Tag("[public]")]
    | Annotated[Same, Tag("[same]")],
    Discriminator(_kind_of_promise),
]


class PromisedEnvironment(Declared):
    """How to tell that a resource belongs to an environment: by any one of these.

    Where several environments would have it, the address tells more than the tags, these more
    than the account, and that more than the region.
    """

    addresses: Patterns = []
    tags: dict[str, Patterns] = {}
    accounts: Patterns = []
    regions: Patterns = []


class PromiseFile(Declared):
    """Promises about somebody's Terraform, and how to read places and environments in it.

    `jurisdictions` are patterns of regions; what they do not match is looked up in the table
    of `caisson.topology.places`.
    """

    jurisdictions: dict[Name, Patterns] = {}
    environments: dict[Name, PromisedEnvironment] = {}
    promises: list[DeclaredPromise]
