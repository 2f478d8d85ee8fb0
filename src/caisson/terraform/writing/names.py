"""Names: those of blocks, and those that things have in the cloud."""

import hashlib
from itertools import product

_DIGITS = 6


def label(*words: str) -> str:
    """Return the name of a block: `us-west`, `blocks` → `us_west_blocks`."""
    return "_".join(words).replace("-", "_").replace("/", "_")


def renamed(*words: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return the name of a block, and all that it may have had before, in an order of renaming.

    Each of the words is what it was called, and last what it is called now.
    """
    *before, now = (label(*each) for each in product(*words))
    return now, tuple(dict.fromkeys(each for each in before if each != now))


def physical(*words: str, limit: int = 63) -> str:
    """Return a name of letters, digits and hyphens, no longer than `limit`.

    What is cut gets some digits of a hash of the whole, so that it stays different.
    """
    whole = "-".join(each for each in words if each)
    if len(whole) <= limit:
        return whole
    digits = hashlib.sha256(whole.encode()).hexdigest()[:_DIGITS]
    return f"{whole[: limit - _DIGITS - 1].rstrip('-')}-{digits}"
