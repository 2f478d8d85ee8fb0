"""Where a copy is that lies in another region than the resource that makes it."""

from caisson.terraform.reading import Reading


def elsewhere(reading: Reading, region: str | None) -> str | None:
    """Return the jurisdiction of `region`, None when it cannot be told."""
    if (told := reading.jurisdiction(region)) is not None or region is None:
        return told
    found = {each.jurisdiction for each in reading.resources.values() if each.region == region}
    return found.pop() if len(found) == 1 else None
