"""Where a copy is that lies in another region than the resource that makes it."""

from caisson.terraform.reading import Reading

ARN_PARTS = 6  # arn:partition:service:region:account:resource


def elsewhere(reading: Reading, region: str | None) -> str | None:
    """Return the jurisdiction of `region`, None when it cannot be told."""
    if (told := reading.jurisdiction(region)) is not None or region is None:
        return told
    found = {each.jurisdiction for each in reading.resources.values() if each.region == region}
    return found.pop() if len(found) == 1 else None


def arn_place(text: str) -> tuple[str | None, str | None]:
    """Return the region and the account that an ARN names, None for what it does not."""
    parts = text.split(":", ARN_PARTS - 1)
    if len(parts) < ARN_PARTS or parts[0] != "arn":
        return None, None
    return parts[3] or None, parts[4] or None
