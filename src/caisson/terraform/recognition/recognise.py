"""The front door of recognition: parts of Terraform become the declared half of a topology."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from caisson.estate.sources import Source
from caisson.terraform.read import Read, read_parts
from caisson.terraform.recognition.backups import Kept, backups
from caisson.terraform.recognition.flows import credentials, flows, opened
from caisson.terraform.recognition.replicas import following, replica_sets, with_roles
from caisson.terraform.recognition.things import Regions, sites, things
from caisson.terraform.recognition.ways import Ways
from caisson.terraform.roots import Part
from caisson.topology.model import Component, Kind, Role, Topology
from caisson.topology.passes.copies import closed
from caisson.topology.passes.movements import between_components
from caisson.topology.places import Places
from caisson.topology.resources import Holding, Rest


def recognised(
    estate: str, parts: Mapping[str, Part], places: Places, regions: Mapping[str, str]
) -> Topology:
    """Return sites, components, replica sets, flows, credentials and copies, as they really are.

    `regions` are the estate's words for regions of AWS. What AWS does not know is left out:
    addresses on this machine, tenants, shards, schemas, and what a user may do inside Postgres.
    """
    return _recognised(read_parts(estate, parts, places), Regions(regions))


def _recognised(read: Read, regions: Regions) -> Topology:
    seen = read.topology
    plain = things(read.reading, seen.holdings, regions)
    followed = following(plain, seen.movements, read.reading)
    every = with_roles(plain, followed)
    sets = replica_sets(every, followed)
    ways = Ways(seen.network)
    found = opened(every, ways)
    components = tuple(each.component for each in every)
    declared = Topology(
        seen.estate,
        sites=sites(read.reading, regions),
        components=components,
        replica_sets=sets,
        flows=flows(every, found, sets, seen.network, ways),
        credentials=credentials(found),
        holdings=_holdings(components),
    )
    return _with_copies(declared, backups(every, seen.movements, read.reading))


def _holdings(components: Sequence[Component]) -> tuple[Holding, ...]:
    stores = (each for each in components if each.kind is Kind.STORE)
    return tuple(
        Holding(
            id=each.id,
            resource=each.id,
            rest=Rest.REPLICA if each.role is Role.STANDBY else Rest.STORE,
            system=each.system,
            region=each.region,
            account=None,
            source=each.source,
            jurisdiction=each.jurisdiction,
            environment=each.environment,
        )
        for each in stores
    )


def _with_copies(topology: Topology, kept: Sequence[Kept]) -> Topology:
    between = between_components(topology)
    moved = replace(
        topology,
        holdings=(*topology.holdings, *(each.holding for each in kept)),
        movements=(*between, *(each.movement for each in kept)),
    )
    homes: dict[str, Source] = {each.jurisdiction: each.source for each in moved.replica_sets}
    return replace(moved, copies=tuple(closed(moved, homes.__getitem__)))
