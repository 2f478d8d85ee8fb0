"""What the things themselves tell of the account and region of their provider."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from caisson.terraform.model import Mode
from caisson.terraform.providers import NOWHERE, Place
from caisson.terraform.rows import Row
from caisson.topology.arns import ACCOUNT, place_named

_ZONE = re.compile(r"([a-z]{2,4}(?:-[a-z]+)+-[0-9]{1,2})[a-z]")
_place = lru_cache(Place)  # one for the many that are in the same


def told_by(row: Row) -> Place:
    """Return the account and region that a resource or data source shows in its values."""
    values = row.values
    if row.mode is Mode.DATA:
        return _told_by_data(row.type, values)
    arn, zone = values.get("arn"), values.get("availability_zone")
    region, account = place_named(arn) if isinstance(arn, str) else (None, None)
    if account is None and _is_account(owner := values.get("owner_id")):
        account = str(owner)
    if region is None and isinstance(zone, str) and (found := _ZONE.fullmatch(zone)):
        region = found[1]
    return _place(account, region)


def _told_by_data(type_: str, values: Mapping[str, object]) -> Place:
    if type_ == "aws_caller_identity" and _is_account(values.get("account_id")):
        return Place(account=str(values["account_id"]))
    if type_ in ("aws_region", "aws_availability_zones") and isinstance(values.get("id"), str):
        return Place(region=str(values["id"]))
    return NOWHERE


def _is_account(value: object) -> bool:
    return isinstance(value, str) and ACCOUNT.fullmatch(value) is not None


def refined(places: Mapping[str, Place], rows: Iterable[tuple[str, Row]]) -> dict[str, Place]:
    """Return the places of providers, by key, with what their resources tell of them.

    It counts only where all of them tell the same. An account that had a name alone has a number
    then, for every provider configuration of that name.
    """
    accounts: dict[str, set[str]] = {}
    regions: dict[str, set[str]] = {}
    for key, row in rows:
        told = told_by(row)
        if told.account is not None:
            accounts.setdefault(key, set()).add(told.account)
        if told.region is not None:
            regions.setdefault(key, set()).add(told.region)
    numbers = _numbers(places, accounts)
    return {
        key: Place(
            numbers.get((place.account, key)) or numbers.get((place.account, "")) or place.account,
            place.region or _only(regions.get(key)),
            place.tags,
        )
        for key, place in places.items()
    }


def _numbers(
    places: Mapping[str, Place], accounts: Mapping[str, set[str]]
) -> dict[tuple[str | None, str], str]:
    """Return account numbers by the name that they had and the provider that tells them.

    Without a provider, it is the number that all providers of the name tell.
    """
    found: dict[tuple[str | None, str], str] = {}
    by_name: dict[str | None, set[str]] = {}
    for key, place in places.items():
        number = _only(accounts.get(key))
        if number is not None and not _is_account(place.account):
            found[place.account, key] = number
            by_name.setdefault(place.account, set()).add(number)
    for name, numbers in by_name.items():
        if name is not None and (number := _only(numbers)) is not None:
            found[name, ""] = number
    return found


def _only(values: set[str] | None) -> str | None:
    return next(iter(values)) if values is not None and len(values) == 1 else None
