"""What environment a resource is of, and what jurisdiction a region is in.

A promise file says both, as far as it does. Beyond it, the jurisdiction is looked up in a table
of the clouds' regions, and without a word about environments, they are told by the usual tags.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from caisson.estate.cloud_regions import JURISDICTION_OF
from caisson.estate.patterns import any_matches, is_pattern, matches, names
from caisson.estate.promises import PromisedEnvironment, PromiseFile

# Looked for in this order, whatever their case; the value in small letters is the name.
_USUAL_TAGS = ("environment", "env", "stage")


@dataclass(frozen=True, slots=True)
class Telling:
    """What tells an environment; any one of these does. `tags` are patterns of values by name.

    Names of tags are in small letters here, for people write them either way.
    """

    addresses: tuple[str, ...] = ()
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()

    @classmethod
    def of(cls, written: PromisedEnvironment) -> "Telling":
        return cls(
            tuple(written.addresses),
            {name.lower(): tuple(values) for name, values in written.tags.items()},
            tuple(written.accounts),
            tuple(written.regions),
        )


@dataclass(frozen=True, slots=True)
class Places:
    """`environments` is None when nobody said what they are; `jurisdictions` are patterns."""

    environments: Mapping[str, Telling] | None = None
    jurisdictions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, file: PromiseFile) -> "Places":
        environments = {name: Telling.of(told) for name, told in file.environments.items()}
        jurisdictions = {name: tuple(regions) for name, regions in file.jurisdictions.items()}
        return cls(environments or None, jurisdictions)

    def environment(
        self,
        address: str,
        account: str | None,
        region: str | None,
        tags: Mapping[str, str],
        type: str,  # noqa: A002  Terraform's word for it
    ) -> str | None:
        """Return the one environment that a resource is of; None when none, or several, have it.

        `candidates` tells which of the two it is.
        """
        found = self.candidates(address, account, region, tags, type)
        return found[0] if len(found) == 1 else None

    def candidates(
        self,
        address: str,
        account: str | None,
        region: str | None,
        tags: Mapping[str, str],
        type: str,  # noqa: A002
    ) -> tuple[str, ...]:
        """Return the environments that a resource may be of, by what tells most about it."""
        lower = {name.lower(): value.strip() for name, value in tags.items()}
        if self.environments is None:
            return tuple(lower[name].lower() for name in _USUAL_TAGS if lower.get(name))[:1]
        ways = {
            name: (
                any(names(address, one) or type == one for one in each.addresses),
                _tagged(lower, each.tags),
                account is not None and any_matches(account, each.accounts),
                region is not None and any_matches(region, each.regions),
            )
            for name, each in self.environments.items()
        }
        for way in range(4):
            if found := tuple(name for name, told in ways.items() if told[way]):
                return found
        return ()

    def jurisdiction(self, region: str | None) -> str | None:
        """Return where a region is by law; None when that is not known.

        A region that is written out goes before a pattern, and both before the table.
        """
        if region is None:
            return None
        for exact in (True, False):
            found = {
                name
                for name, regions in self.jurisdictions.items()
                for each in regions
                if is_pattern(each) is not exact and matches(region, each)
            }
            if found:
                return found.pop() if len(found) == 1 else None
        return JURISDICTION_OF.get(region)


def _tagged(tags: Mapping[str, str], telling: Mapping[str, tuple[str, ...]]) -> bool:
    return any(any_matches(tags[name], told) for name, told in telling.items() if name in tags)
