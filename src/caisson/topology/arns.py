"""Amazon Resource Names, by which things of AWS are named wherever they are.

docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html:
`arn:partition:service:region:account:resource`, where region and account may be empty and the
resource may have colons of its own. In patterns, each part may have wildcards.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

ACCOUNT = re.compile(r"[0-9]{12}")
_PARTS = 6
_OPEN = re.compile(r"[*?$]")  # a wildcard, or a variable of a policy

RegionAndAccount = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Arn:
    """The parts as they are written: empty where one is omitted, and each may be a pattern.

    `account` is mostly a number, but `aws` for what AWS keeps for everybody. `resource` is empty
    when this is only how an ARN begins: `arn:aws:s3:::`.
    """

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> "Arn | None":
        """Return the ARN that `text` is; None when it is none."""
        parts = _parts(text)
        return None if parts is None else cls(*parts[1:])

    def __str__(self) -> str:
        parts = (self.partition, self.service, self.region, self.account, self.resource)
        return ":".join(("arn", *parts))

    @property
    def place(self) -> RegionAndAccount:
        """The region and the account's number, each None where no single one is told."""
        return _place(self.region, self.account)


def place_named(name: str) -> RegionAndAccount:
    """Return the place that a name tells by itself; nothing of it unless it is an ARN."""
    parts = _parts(name)
    return (None, None) if parts is None else _place(parts[3], parts[4])


def _parts(text: str) -> list[str] | None:
    if not text.startswith("arn:"):
        return None
    parts = text.split(":", _PARTS - 1)
    return parts if len(parts) == _PARTS and parts[1] and parts[2] else None


@lru_cache
def _place(region: str, account: str) -> RegionAndAccount:
    one = region and not _OPEN.search(region)
    return region if one else None, account if ACCOUNT.fullmatch(account) else None
