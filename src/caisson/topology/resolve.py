"""From a declared estate to its topology, by small passes that each add one kind of fact."""

from collections.abc import Callable
from functools import reduce

from caisson.estate.model import Estate
from caisson.estate.sources import Sources
from caisson.topology.declaration import Declaration
from caisson.topology.model import Topology
from caisson.topology.passes.addresses import addresses
from caisson.topology.passes.components import components
from caisson.topology.passes.copies import copies
from caisson.topology.passes.credentials import credentials
from caisson.topology.passes.flows import flows
from caisson.topology.passes.holdings import holdings, resources
from caisson.topology.passes.movements import movements
from caisson.topology.passes.replica_sets import replica_sets
from caisson.topology.passes.repositories import repositories
from caisson.topology.passes.roles import roles
from caisson.topology.passes.sites import sites
from caisson.topology.passes.tenants import tenants

Pass = Callable[[Declaration, Topology], Topology]

# Each pass reads only what the passes above it have added.
PASSES: tuple[Pass, ...] = (
    sites,
    components,
    addresses,
    roles,
    replica_sets,
    credentials,
    flows,
    repositories,
    resources,
    holdings,
    movements,
    copies,
    tenants,
)


def resolve(estate: Estate, sources: Sources, block: int = 40) -> Topology:
    """Return what exists when `estate` is made real, at the local addresses 127.B.site.component.

    B is `block`. The same estate gives the same topology. Names that the estate uses but does
    not declare are left out: `caisson.estate.references` reports them. Raises
    `AddressesExhaustedError` when the sites or their components outnumber the local addresses.
    """
    declared = Declaration(estate, sources, block)
    return reduce(lambda so_far, each: each(declared, so_far), PASSES, Topology(estate.estate))
