"""Amazon resource names: `arn:partition:service:region:account:resource`."""

_PARTS = 6


def place_of(arn: str) -> tuple[str | None, str | None]:
    """Return the region and the account that an ARN names, None for what it does not."""
    parts = arn.split(":", _PARTS - 1)
    if len(parts) < _PARTS or parts[0] != "arn":
        return None, None
    return parts[3] or None, parts[4] or None
