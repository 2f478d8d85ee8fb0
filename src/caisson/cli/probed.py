"""What a probe of the declared estate needs: where to write, and where to remember it."""

import time
from pathlib import Path
from typing import Any

from caisson.estate.loading import Loaded
from caisson.state.writes import drop_before
from caisson.targets.local.layout import Layout


def edge_of(snapshot: dict[str, Any], environment: str) -> str | None:
    """The address of an environment's public edge; None when it has none."""
    for site in snapshot["sites"]:
        for component in site["components"]:
            if component["kind"] == "edge" and site["environment"] == environment:
                return str(component["address"])
    return None


def writes_ledger(loaded: Loaded, layout: Layout, environment: str, service: str) -> Path | None:
    """The ledger's folder, without what is older than every backup.

    None where nothing that the service writes is backed up.
    """
    uses, stores = loaded.estate.services[service].uses, loaded.estate.stores
    written = [stores[name] for name, access in uses.items() if access == "write"]
    kept_s = [store.backup.keep for store in written if store.backup is not None]
    if not kept_s:
        return None
    folder = layout.writes(environment, service)
    drop_before(folder, time.time() - max(kept_s))
    return folder
