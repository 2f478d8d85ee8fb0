"""What an estate says of backups: how often, where they lie, and what is asked of a restored copy.

Pydantic stands at this edge.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from caisson.estate.declared import Declared, Duration, Name, WrittenDuration, parse_duration
from caisson.estate.redis_commands import RedisCommand, parse_command
from caisson.estate.relations import PATTERN, Relation, parse_relation

# How old WAL may be at most that lies nowhere else, where the estate only says that it is kept.
USUAL_WAL_S = 60.0


def parse_wal(value: object) -> float | None:
    """Seconds in `1m`; `true` is a minute, and `false` is None: no WAL is kept."""
    if isinstance(value, bool):
        return USUAL_WAL_S if value else None
    return parse_duration(value)


Wal = Annotated[
    float | None, BeforeValidator(parse_wal, json_schema_input_type=bool | WrittenDuration)
]


class Backup(Declared):
    """How a store is backed up: full copies `every`, kept for `keep`, with the WAL or not.

    With `wal` any moment can be restored; as a duration it says how old WAL may be at most that
    is not archived yet. For the time `locked` nobody can delete a backup, whatever their rights.
    """

    every: Duration
    wal_s: Wal = Field(default=None, alias="wal", json_schema_extra={"default": False})
    keep: Duration
    locked: Duration | None = None

    @property
    def wal(self) -> bool:
        """Whether the WAL is kept, so that any moment can be restored."""
        return self.wal_s is not None


# A repository: an object store's bucket with a folder in it, or a folder of this machine. There
# is no place in it for a password or a token. What a query may say is told by `buckets`.
REPOSITORY = (
    r"^((s3|gs|azure)://[a-z0-9{][a-z0-9.{}-]{1,80}(/[A-Za-z0-9._{}-]+)*/?"
    r"(\?[a-z]+=[A-Za-z0-9._:/%{}-]+(&[a-z]+=[A-Za-z0-9._:/%{}-]+)*)?"
    r"|(/[A-Za-z0-9._{}-]+)+/?)$"
)
_COLUMN = r"^[a-z_][a-z0-9_]{0,62}$"
_SQL = r"^\s*(SELECT|WITH|VALUES|TABLE|select|with|values|table)\s"

# What each must be, and what to write instead.
WORDS: Mapping[str, tuple[str, str]] = {
    REPOSITORY: (
        "must be a bucket or a folder",
        "write one such as s3://acme-backups/caisson, gs://…, azure://… or /srv/backups; "
        "credentials are no part of it",
    ),
    _COLUMN: ("must be the name of a column", "write one such as tenant, in small letters"),
    _SQL: (
        "must be SQL that asks",
        "write a query that begins with SELECT, WITH, VALUES or TABLE",
    ),
}


Column = Annotated[str, Field(pattern=_COLUMN)]


class Backups(Declared):
    """Where the backups of one jurisdiction's stores lie: in a region, perhaps in a bucket.

    Each environment and jurisdiction has a folder of its own in `repository`; in it `{environment}`
    stands for the environment's name, so that each can have a bucket of its own.
    """

    in_: Name = Field(alias="in")
    repository: Annotated[str, Field(pattern=REPOSITORY)] | None = None


class SqlQuestion(Declared):
    """A query of one value, in each logical shard of a restored copy or in some of them."""

    sql: Annotated[str, Field(pattern=_SQL)]
    is_: Annotated[
        Relation,
        BeforeValidator(
            parse_relation, json_schema_input_type=Annotated[str, Field(pattern=PATTERN)]
        ),
    ] = Field(alias="is")
    in_: Literal["every shard", "some shard"] = Field(default="every shard", alias="in")


class RequestQuestion(Declared):
    """A GET that a service which runs on the restored copy must answer with this status.

    `of` is the service; it may be left out where one alone uses the store. `{tenant}` in the path
    stands for a tenant that is at home where the copy's data is.
    """

    get: Annotated[str, Field(pattern=r"^/")]
    answers: Annotated[int, Field(ge=100, le=599)]
    of: Name | None = None


class WritesQuestion(Declared):
    """Whether every write is there that the probe of a service had acknowledged by that moment."""

    writes_of: Name = Field(alias="writes of")


class CommandQuestion(Declared):
    """A Redis command that only reads, and answers one value."""

    command: Annotated[
        RedisCommand,
        BeforeValidator(parse_command, json_schema_input_type=Annotated[str, Field(pattern=r"\S")]),
    ]
    is_: Annotated[
        Relation,
        BeforeValidator(
            parse_relation, json_schema_input_type=Annotated[str, Field(pattern=PATTERN)]
        ),
    ] = Field(alias="is")


# The key that tells which kind of question is meant.
QUESTION_KINDS: tuple[tuple[str, type[Declared]], ...] = (
    ("sql", SqlQuestion),
    ("command", CommandQuestion),
    ("get", RequestQuestion),
    ("writes of", WritesQuestion),
)


def _kind_of_question(value: object) -> str | None:
    """The tag of the kind by its telling key; None when there is none, or more than one."""
    kinds = [
        key
        for key, kind in QUESTION_KINDS
        if isinstance(value, kind) or (isinstance(value, Mapping) and key in value)
    ]
    return f"[{kinds[0]}]" if len(kinds) == 1 else None


# Tags stand in brackets: they become parts of pydantic's paths, and no key looks like that.
DeclaredQuestion = Annotated[
    Annotated[SqlQuestion, Tag("[sql]")]
    | Annotated[CommandQuestion, Tag("[command]")]
    | Annotated[RequestQuestion, Tag("[get]")]
    | Annotated[WritesQuestion, Tag("[writes of]")],
    Discriminator(_kind_of_question),
]
