"""At which port a store is opened on AWS."""

from caisson.topology.model import Component
from caisson.topology.passes.addresses import PORTS

HTTPS = 443
# AWS serves OpenSearch at the port of HTTPS, and files at that of S3, in no network of ours.
_ON_AWS: dict[str, int | None] = {**PORTS, "opensearch": HTTPS, "files": None}


def of_store(store: Component) -> int | None:
    """Return the port, or None for a store that is in no network of ours."""
    return _ON_AWS[store.system]
