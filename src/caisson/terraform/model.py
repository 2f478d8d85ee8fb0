"""What Terraform's documents say, before any provider's meaning is given to it.

A value that is known only after apply, or that is marked sensitive, is `UNKNOWN` from the
moment it is read: nothing sensitive gets further than the reader.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum

from caisson.estate.sources import Source


class Unknown(Enum):
    UNKNOWN = "known after apply"


UNKNOWN = Unknown.UNKNOWN


class Mode(StrEnum):
    MANAGED = "managed"
    DATA = "data"


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance of a resource or data source, as it will be after apply.

    `address` is Terraform's, index and all: `module.vpc["a"].aws_subnet.private[0]`; `module` is
    the part of it up to the resource, empty at the root. `account` and `region` are those of its
    provider configuration: an account number when it is told, else a name for the configuration
    that is the same for the same account as far as can be told, else None. `values` hold plain
    JSON values and `UNKNOWN`. `source` is the line of the configuration when it was found, else
    the document itself.
    """

    address: str
    module: str
    mode: Mode
    type: str
    name: str
    key: str | int | None
    provider: str  # `registry.terraform.io/hashicorp/aws`
    account: str | None
    region: str | None
    values: Mapping[str, object]
    source: Source


class Certainty(StrEnum):
    EXACT = "exact"  # all of these, and nothing else
    AMONG = "among"  # some of these, which ones is not told, and nothing else
    OPEN = "open"  # perhaps some of these, perhaps others


@dataclass(frozen=True, slots=True)
class Link:
    """What an attribute names: instances by address, and `outside` by an id that none has.

    An attribute that is absent or null is the exact link to nothing. `surely` are those of `to`
    that are named for certain, where the certainty of the whole does not tell: a plan hides the
    literals that stand beside a reference in a set, but not the reference.
    """

    to: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    certainty: Certainty = Certainty.EXACT
    surely: tuple[str, ...] = ()

    @property
    def sure(self) -> bool:
        return self.certainty is Certainty.EXACT

    @property
    def only(self) -> str | None:
        """Return the one thing that is named for certain, or None."""
        every = (*self.to, *self.outside)
        return every[0] if self.sure and len(every) == 1 else None

    @property
    def every(self) -> tuple[str, ...]:
        return (*self.to, *self.outside)

    @property
    def certain(self) -> tuple[str, ...]:
        """Return what is named for certain, whatever else may be."""
        return self.every if self.sure else self.surely


NOTHING = Link()


@dataclass(frozen=True, slots=True)
class Texts:
    """A list or set of strings; not `complete` when some of them are known only after apply."""

    values: tuple[str, ...] = ()
    complete: bool = True
