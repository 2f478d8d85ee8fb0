"""What an estate says of AWS: whose accounts, which addresses, which names.

Only the target `aws` reads this. Everything has the shape that AWS gives it.
"""

from ipaddress import IPv4Network
from typing import Annotated

from pydantic import AfterValidator, Field

from caisson.estate.declared import Declared, Name

AccountId = Annotated[str, Field(pattern=r"^\d{12}$")]
_EMAIL = r"^[^@\s{}]+(\{account\})?[^@\s{}]*@[^@\s{}]+$"
_DOMAIN = r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$"
_WIDEST, _NARROWEST = 8, 16


def _network(written: str) -> str:
    try:
        network = IPv4Network(written)
    except ValueError:
        raise ValueError("write a private IPv4 network such as 10.0.0.0/8") from None
    if not network.is_private or not _WIDEST <= network.prefixlen <= _NARROWEST:
        raise ValueError("write a private IPv4 network between /8 and /16, such as 10.0.0.0/8")
    return str(network)


Network = Annotated[str, AfterValidator(_network)]
RegionName = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
InstanceClass = Annotated[str, Field(pattern=r"^[a-z0-9.-]{4,40}$")]


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
    owner: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
    email: Annotated[str, Field(pattern=_EMAIL)]
    domain: Annotated[str, Field(pattern=_DOMAIN)]
    network: Network = "10.0.0.0/8"
    networks: dict[str, Network] = {}  # noqa: RUF012  pydantic copies it
    states: dict[Name, RegionName] = {}  # noqa: RUF012
    sizes: dict[Name, Sizes] = {}  # noqa: RUF012
    datadog: bool = False
