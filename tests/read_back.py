"""Rendered roots, read back as the estate that they make real."""

from collections.abc import Mapping

from caisson.estate.model import Estate
from caisson.estate.sources import Sources
from caisson.terraform.read import part_of_configuration
from caisson.terraform.recognition.recognise import recognised
from caisson.terraform.roots import Part
from caisson.terraform.writing.model import Rendering
from caisson.terraform.writing.text import files
from caisson.topology.declaration import REPLICATED
from caisson.topology.model import Topology
from caisson.topology.places import Places
from caisson.topology.records import Record, Value, records
from caisson.topology.resolve import resolve

Files = Mapping[str, str]
Told = dict[tuple[str, str], dict[str, Value]]
# What is of this machine, or inside of a system: AWS does not know it.
_NOT_ON_AWS = frozenset({"address", "shards", "schema"})
# What Caisson itself does on this machine. AWS has plans and vaults, which are told as copies.
_CAISSONS_OWN = ("tenant", "repository", "backup")
# Which user may only read, Postgres says itself; and Memcached has no users.
_SAY_NO_ACCESS = ("postgres", "memcached")
# Of these there are backups in vaults; the others make snapshots of themselves, told or not.
_IN_VAULTS = ("postgres", "files")


def parts_of(texts: Files) -> dict[str, Part]:
    """Return the roots of rendered files, read as configurations."""
    roots: dict[str, dict[str, bytes]] = {}
    for path, text in texts.items():
        folder, _, name = path.rpartition("/")
        if name.endswith(".tf.json"):
            roots.setdefault(folder, {})[name] = text.encode()
    return {
        path.replace("/", "-"): part_of_configuration(path, content, path)
        for path, content in roots.items()
    }


def places_of(estate: Estate) -> Places:
    """Return the jurisdictions of an estate by the regions of AWS."""
    jurisdictions: dict[str, tuple[str, ...]] = {}
    for each in estate.regions.values():
        own = jurisdictions.get(each.jurisdiction, ())
        jurisdictions[each.jurisdiction] = (*own, each.aws or "")
    return Places(None, jurisdictions)


def recognised_in(texts: Files, estate: Estate) -> Topology:
    """Return the estate that rendered files make real."""
    return recognised_among(parts_of(texts), estate)


def recognised_among(parts: Mapping[str, Part], estate: Estate) -> Topology:
    """Return the estate that roots make real; they are named by their paths, with hyphens."""
    words = {each.aws or "": name for name, each in estate.regions.items()}
    return recognised(estate.estate, parts, places_of(estate), words)


def read_back(rendering: Rendering, estate: Estate) -> Topology:
    return recognised_in(files(rendering), estate)


def declared(estate: Estate) -> Topology:
    """Return the topology that an estate declares, in which who reads Memcached writes it too.

    Memcached lets everybody who reaches it do everything.
    """
    changed = estate.model_copy(deep=True)
    for service in changed.services.values():
        for store in service.uses:
            if changed.stores[store].system == "memcached":
                service.uses[store] = "write"
    return resolve(changed, Sources())


def told(topology: Topology, estate: Estate) -> Told:
    """Return what a topology says of an estate, as far as AWS can say it too."""
    return {
        (each.kind, each.id): _facts(each, estate)
        for each in records(topology)
        if each.kind not in _CAISSONS_OWN and not _is_snapshot(each, estate)
    }


def _is_snapshot(record: Record, estate: Estate) -> bool:
    if record.kind != "copy" or not str(record.facts["component"]).endswith("/backup"):
        return False
    return estate.stores[str(record.facts["store"])].system not in _IN_VAULTS


def _facts(record: Record, estate: Estate) -> dict[str, Value]:
    facts = {name: each for name, each in record.facts.items() if name not in _NOT_ON_AWS}
    store = estate.stores.get(str(facts.get("store", "")))
    if record.kind == "credential" and store is not None and store.system in _SAY_NO_ACCESS:
        del facts["access"]
    if record.kind == "replica set" and not facts["standbys"]:
        del facts["replication"]
    if record.kind == "copy":
        _copy(facts, is_cache=store is not None and store.system not in REPLICATED)
    return facts


def _copy(facts: dict[str, Value], *, is_cache: bool) -> None:
    """Leave out which of several services fills a cache, and by what backups are made on AWS."""
    if is_cache or str(facts["component"]).endswith("/backup"):
        del facts["via"]
