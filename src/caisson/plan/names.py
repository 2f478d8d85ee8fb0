"""Parts of identifiers, and how a list of them is said."""

from collections.abc import Iterable


def environment_of(subject: str) -> str:
    """`production/us-west/blocks`, `production/us/blocks`, `production` → `production`."""
    return subject.split("/", 1)[0]


def region_of(component: str) -> str:
    """`production/us-west/blocks` → `us-west`."""
    return component.split("/")[1]


def at_region(subject: str) -> str:
    """`production/us-west` → `us-west`."""
    return subject.rsplit("/", 1)[-1]


def stores_of(replica_sets: Iterable[str]) -> str:
    """`production/us/blocks`, `production/us/sessions` → `blocks and sessions`."""
    names = sorted({replica_set.rsplit("/", 1)[-1] for replica_set in replica_sets})
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
