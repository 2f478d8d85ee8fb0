"""Credentials: each service's own right to each store it uses, apart in every jurisdiction."""

from dataclasses import replace

from caisson.topology.declaration import Declaration
from caisson.topology.model import Credential, Topology


def credentials(declared: Declaration, so_far: Topology) -> Topology:
    """Add one credential per environment, jurisdiction, service and store it uses."""
    return replace(
        so_far,
        credentials=tuple(
            Credential(
                environment=placement.environment,
                jurisdiction=placement.jurisdiction,
                service=service,
                store=store,
                access=access,
                source=declared.sources.at("services", service, "uses", store),
            )
            for placement in declared.placements()
            for service, wanted in declared.estate.services.items()
            for store, access in wanted.uses.items()
            if store in declared.estate.stores
        ),
    )
