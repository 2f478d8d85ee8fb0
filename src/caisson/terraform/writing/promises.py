"""The estate's promises as a file beside its Terraform, for `caisson check`."""

import json

from caisson.estate.model import Isolation, LoseRegion, Residency
from caisson.terraform.writing.blueprint import Blueprint

FILE = "promises.yaml"
# What speaks of environments and jurisdictions, which are the same in the estate and on AWS.
_AS_WRITTEN = (LoseRegion, Residency, Isolation)


def promise_file(plan: Blueprint) -> str:
    """Return the text of FILE: how to tell environments and jurisdictions, and the promises.

    Each line is YAML whose values are written as JSON.
    """
    estate = plan.estate
    places = {
        name: sorted(
            {each.aws for each in estate.regions.values() if each.jurisdiction == name and each.aws}
        )
        for name in estate.jurisdictions
    }
    environments = {name: {"tags": {"Environment": name}} for name in estate.environments}
    promises = [_written(each) for each in estate.promises if isinstance(each, _AS_WRITTEN)]
    return "\n".join(
        (
            f"jurisdictions: {json.dumps(places)}",
            f"environments: {json.dumps(environments)}",
            "promises:",
            *(f"  - {each}" for each in promises),
            "",
        )
    )


def _written(promise: LoseRegion | Residency | Isolation) -> str:
    """Return a promise as it is written; numbers are lengths of time, which have a unit."""
    dumped = promise.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return json.dumps(
        {key: f"{value:g}s" if isinstance(value, float) else value for key, value in dumped.items()}
    )
