"""What an estate says of AWS: whose accounts, which addresses, which names.

Only the target `aws` reads this. Everything has the shape that AWS gives it.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from caisson.estate.declared import Declared, Name

_ACCOUNT = r"^\d{12}$"
_EMAIL = r"^[^@\s{}]+@[^@\s{}]+$"
_EMAILS = r"^[^@\s{}]*\{account\}[^@\s{}]*@[^@\s{}]+$"
_DOMAIN = r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$"
_NETWORK = r"^\d{1,3}(\.\d{1,3}){3}/\d{1,2}$"
_REGION = r"^[a-z]{2}(-[a-z]+)+-\d$"
_INSTANCE_CLASS = r"^[a-z0-9]+(\.[a-z0-9-]+)+$"
# An image as containers have it: a name, perhaps with a registry, a tag or a digest.
_IMAGE = r"^[a-z0-9][a-z0-9._/:-]*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|@sha256:[0-9a-f]{64})?$"

# What each must be, and what to write instead.
WORDS: Mapping[str, tuple[str, str]] = {
    _ACCOUNT: ("must be the twelve digits of an account", 'write it in quotes: "123456789012"'),
    _EMAIL: ("must be an address of mail", "write one such as platform@example.com"),
    _EMAILS: (
        "must be an address of mail with {account} in it",
        "write one such as aws+{account}@example.com; each account needs an address of its own",
    ),
    _DOMAIN: ("must be a domain", "write one such as example.com"),
    _NETWORK: ("must be an IPv4 network", "write one such as 10.0.0.0/8"),
    _REGION: ("must be a region of AWS", "write one such as eu-central-1"),
    _INSTANCE_CLASS: ("must be an instance class of AWS", "write one such as db.r6g.large"),
    _IMAGE: ("must be the name of an image", "write one such as workspace/web:1.4.2"),
}

AccountId = Annotated[str, Field(pattern=_ACCOUNT)]
Email = Annotated[str, Field(pattern=_EMAIL)]
Emails = Annotated[str, Field(pattern=_EMAILS)]
Domain = Annotated[str, Field(pattern=_DOMAIN)]
Network = Annotated[str, Field(pattern=_NETWORK)]
RegionName = Annotated[str, Field(pattern=_REGION)]
InstanceClass = Annotated[str, Field(pattern=_INSTANCE_CLASS)]
Image = Annotated[str, Field(pattern=_IMAGE)]


class Sizes(Declared):
    """The instance classes of the stores of one size; what is left out is Caisson's choice."""

    postgres: InstanceClass | None = None
    redis: InstanceClass | None = None
    memcached: InstanceClass | None = None
    opensearch: InstanceClass | None = None


class Aws(Declared):
    """How the estate is made real on AWS.

    `accounts` has one for each environment, one for the organization's `management` and one
    for `security`, where logs are kept that no environment can delete. `email` is that of the
    accounts' owners, with `{account}` for the account's name. `owner` is who answers for the
    estate, and gets the alarms. `domain` is that of `production`; another environment has the
    one below it. Every VPC takes a /16 of `network`, in the order of declaration; `networks`
    says it for a site, such as `production/us-west`. `states` are the regions in which the
    states of Terraform lie, by jurisdiction; left out, Caisson takes one with no site of yours.
    """

    accounts: dict[Name, AccountId]
    owner: Email
    email: Emails
    domain: Domain
    network: Network = "10.0.0.0/8"
    networks: dict[str, Network] = {}  # noqa: RUF012  pydantic copies it
    states: dict[Name, RegionName] = {}  # noqa: RUF012
    sizes: dict[Name, Sizes] = {}  # noqa: RUF012
    datadog: bool = False
