"""What is written: roots of Terraform, each a folder of plain files with a state of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

# What stands in a block, as Terraform's JSON syntax has it; `${…}` in a text is a reference.
Value = str | int | float | bool | None | Sequence["Value"] | Mapping[str, "Value"]
Body = Mapping[str, Value]


class Form(StrEnum):
    """The kinds of blocks with a type and a name; each is a key of Terraform's JSON."""

    RESOURCE = "resource"
    DATA = "data"
    EPHEMERAL = "ephemeral"  # made for one run, and written nowhere


@dataclass(frozen=True, slots=True)
class Block:
    """One block. `file` is the file of the root that it stands in, without `.tf.json`.

    `provider` is the alias of the provider of AWS that makes it, and nothing where another
    provider does. `comment` is for people: why this is as it is, where that is not plain to see.
    `was` are the names that it had before, one after the other: a state may have it under any of
    them still.
    """

    file: str
    type: str
    name: str
    provider: str
    body: Body
    form: Form = Form.RESOURCE
    comment: str = ""
    was: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        prefix = "" if self.form is Form.RESOURCE else f"{self.form}."
        return f"{prefix}{self.type}.{self.name}"

    @property
    def addresses(self) -> tuple[str, ...]:
        """Return every address that it had in a state, and last the one that it has."""
        return (*(f"{self.type}.{each}" for each in self.was), self.address)


@dataclass(frozen=True, slots=True)
class Output:
    """What a root tells the roots that need it."""

    name: str
    value: Value
    about: str


@dataclass(frozen=True, slots=True)
class Variable:
    """What a person or a pipeline says when a root is applied; secrets never are one."""

    name: str
    type: str
    about: str
    default: Value = None


@dataclass(frozen=True, slots=True)
class Import:
    """That a block stands for something which was there before, under this id of AWS's.

    Terraform adopts it at the first apply, and passes over this afterwards.
    """

    block: Block
    id: Value


Part = Block | Output | Variable | Import


@dataclass(frozen=True, slots=True)
class Provider:
    """The AWS provider for one region of one account, and the tags of all that it makes."""

    alias: str
    region: str
    account: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OtherProvider:
    """A provider of somebody other than AWS, which takes its credentials from the environment."""

    name: str
    source: str
    version: str


@dataclass(frozen=True, slots=True)
class State:
    """Where a root keeps its state: a bucket outside of the regions that the root describes.

    The bucket encrypts what comes with a key of its own.
    """

    bucket: str
    key: str
    region: str


@dataclass(frozen=True, slots=True)
class Root:
    """One folder: `path` from the rendering's own, such as `production/us/data`.

    `needs` are the paths of the roots whose outputs it reads, by the names it calls them.
    `bootstrap`: it makes the buckets of states, its own among them, so that its first apply
    keeps the state beside it. `others` make what is not of AWS.
    """

    path: str
    purpose: str
    providers: tuple[Provider, ...]
    parts: tuple[Part, ...]
    state: State
    needs: Mapping[str, str] = field(default_factory=dict)
    bootstrap: bool = False
    others: tuple[OtherProvider, ...] = ()

    @property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(each for each in self.parts if isinstance(each, Block))

    @property
    def imports(self) -> tuple[Import, ...]:
        return tuple(each for each in self.parts if isinstance(each, Import))


@dataclass(frozen=True, slots=True)
class Rendering:
    """Everything that is written: `roots` in the order in which they are applied.

    `beside` are files that stand beside the roots, with their text by their paths.
    """

    estate: str
    roots: tuple[Root, ...]
    beside: Mapping[str, str] = field(default_factory=dict)
