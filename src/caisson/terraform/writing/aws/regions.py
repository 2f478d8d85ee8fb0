"""What is known of AWS's regions beforehand, so that a plan is whole without asking AWS.

As of November 2025, from https://docs.aws.amazon.com/global-infrastructure/latest/regions/.
"""

from caisson.estate.aws import Aws
from caisson.estate.cloud_regions import JURISDICTION_OF
from caisson.estate.model import Estate

_LETTERS = "abc"
# Where the first three zones that new accounts get have other letters, or there are but two.
_OTHER_LETTERS = {
    "us-west-1": "ac",
    "ap-northeast-1": "acd",
    "ca-central-1": "abd",
}
ZONES = 3
# In the order of preference: large regions, in which everything is to be had.
_LARGE = (
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "eu-north-1",
    "eu-west-1",
    "eu-central-1",
    "eu-west-3",
    "eu-west-2",
    "ca-central-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "ap-northeast-3",
    "ap-southeast-1",
    "ap-south-1",
    "ap-south-2",
    "sa-east-1",
)


def is_region(name: str) -> bool:
    return name in JURISDICTION_OF and "-" in name


def zones_of(region: str) -> tuple[str, ...]:
    """Return the first three zones of a region, such as `us-west-2a`."""
    return tuple(f"{region}{letter}" for letter in _OTHER_LETTERS.get(region, _LETTERS))


def state_region(estate: Estate, aws: Aws, jurisdiction: str) -> str:
    """Return where a jurisdiction's states lie: in no region that they describe.

    It is what the estate says, else a region that is by law where the jurisdiction's are and
    that the estate has no site in. Raises LookupError when there is none.
    """
    if jurisdiction in aws.states:
        return aws.states[jurisdiction]
    used = {each.aws for each in estate.regions.values()}
    by_law = law_of(jurisdiction, estate)
    for each in _LARGE:
        if each not in used and JURISDICTION_OF[each] == by_law:
            return each
    raise LookupError(jurisdiction)


def law_of(jurisdiction: str, estate: Estate) -> str | None:
    """Return where a jurisdiction is by law, whatever the estate calls it: where its home is."""
    home = estate.regions[estate.jurisdictions[jurisdiction].home]
    return JURISDICTION_OF.get(home.aws or "")
