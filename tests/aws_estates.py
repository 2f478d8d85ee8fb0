"""Estates that AWS can keep: hypothesis draws them for whatever must hold of every rendering.

    @given(estate=estates())
    def test_something(estate: Estate) -> None:
        rendering = rendering_of(estate)

What is drawn is a document, as people write it: `documents()` are the same ones before they
are read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from hypothesis import strategies as st

from caisson.estate.model import Estate
from caisson.estate.sources import Sources
from caisson.terraform.writing.model import Rendering
from caisson.terraform.writing.render import render
from caisson.topology.resolve import resolve

Document = dict[str, Any]
SYSTEMS = ("postgres", "redis", "memcached", "opensearch", "files")
# By law: the regions of a jurisdiction. One of the first three keeps its states.
_LAWS: Mapping[str, Sequence[str]] = {
    "us": ("us-east-1", "us-east-2", "us-west-2", "us-west-1"),
    "eu": ("eu-central-1", "eu-west-1", "eu-north-1", "eu-west-3", "eu-south-1"),
    "jp": ("ap-northeast-1", "ap-northeast-3"),
}
_LARGE = 3
_COMPASS = ("west", "east", "north", "south")
_NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "10.64.0.0/10")
_STORES = ("blocks", "sessions", "cache", "search", "uploads", "audit-log")
_SERVICES = ("web", "api", "worker", "import-2", "mail", "reports")
_ENVIRONMENTS = ("production", "staging", "demo")
_BACKUPS = (
    {"every": "1d", "keep": "35d"},
    {"every": "1d", "keep": "35d", "wal": True},
    {"every": "1d", "keep": "14d", "wal": True, "locked": "14d"},
    {"every": "6h", "keep": "7d"},
    {"every": "1d", "keep": "7d", "wal": "10m"},
    {"every": "7d", "keep": "90d", "locked": "30d"},
)
# What Redis and OpenSearch can have too, whose snapshots AWS makes and keeps in its own ways.
_SNAPSHOTS = ({"every": "1d", "keep": "7d"}, {"every": "7d", "keep": "14d"})
_TASKS = ((256, 512), (512, 1024), (1000, 2000), (2048, 16384), (4096, 8192))
_IMAGES = ("{name}:1.0.0", "workspace/{name}:2.3.4", "ghcr.io/acme/{name}:2026-11-01")
maybe = st.booleans()


@dataclass(frozen=True)
class _Places:
    """The jurisdictions of an estate, and its regions."""

    jurisdictions: Document
    regions: Document


def documents() -> st.SearchStrategy[Document]:
    """Draw estates as they are written, every one of them valid and to be had on AWS."""
    return _documents()


def estates() -> st.SearchStrategy[Estate]:
    """Draw estates that AWS can keep."""
    return documents().map(estate_of)


def estate_of(document: Document) -> Estate:
    return Estate.model_validate(document)


def rendering_of(estate: Estate) -> Rendering:
    """Render an estate that stands in no file."""
    sources = Sources()
    return render(estate, sources, resolve(estate, sources))


@st.composite
def _documents(draw: st.DrawFn) -> Document:
    places = draw(_places())
    stores = draw(_stores())
    services = draw(_services(tuple(stores)))
    environments = draw(_environments(tuple(places.jurisdictions)))
    return {
        "estate": draw(st.sampled_from(["workspace", "w", "bank-of-letters"])),
        "jurisdictions": places.jurisdictions,
        "regions": places.regions,
        "stores": stores,
        "backups": draw(_backups(places)),
        "services": services,
        "environments": environments,
        "tenants": draw(_tenants(tuple(places.jurisdictions))),
        "promises": _promises(places, stores, services, environments),
        "aws": draw(_aws(places, environments)),
    }


@st.composite
def _places(draw: st.DrawFn) -> _Places:
    laws = draw(st.lists(st.sampled_from(list(_LAWS)), min_size=1, max_size=3, unique=True))
    jurisdictions: Document = {}
    regions: Document = {}
    for law in laws:
        left = draw(st.sampled_from(_LAWS[law][:_LARGE]))
        known = [each for each in _LAWS[law] if each != left]
        many = draw(st.integers(1, min(4, len(known))))
        chosen = draw(st.permutations(known))[:many]
        names = [f"{law}-{each}" for each in _COMPASS[:many]]
        for name, aws in zip(names, chosen, strict=True):
            regions[name] = {"jurisdiction": law, "aws": aws}
        standby = {"standby": names[1]} if many > 1 and draw(maybe) else {}
        jurisdictions[law] = {"home": names[0], **standby}
    return _Places(jurisdictions, regions)


@st.composite
def _stores(draw: st.DrawFn) -> Document:
    names = draw(st.lists(st.sampled_from(_STORES), max_size=len(_STORES), unique=True))
    stores: Document = {}
    for name in names:
        stores[name] = draw(_store(name, tuple(stores)))
    return stores


@st.composite
def _store(draw: st.DrawFn, name: str, earlier: tuple[str, ...]) -> Document:
    system = draw(st.sampled_from(SYSTEMS))
    store: Document = {"system": system}
    if draw(maybe):
        store["data"] = draw(st.sampled_from(["customer", "accounting", "internal"]))
    if draw(maybe):
        store["was"] = f"old-{name}"
    if system == "postgres" and draw(maybe):
        store["shards"] = draw(st.sampled_from([1, 4, 64]))
    if system == "memcached":
        store["rebuildable"] = True
    elif draw(maybe):
        own = system in ("redis", "opensearch")
        store["backup"] = draw(st.sampled_from(_SNAPSHOTS if own else _BACKUPS))
        if system == "postgres" and draw(maybe):
            store["questions"] = [{"sql": "SELECT count(*) FROM pages", "is": ">= 1"}]
    elif draw(maybe):
        store["rebuildable"] = {"from": earlier[0]} if earlier and draw(maybe) else True
    return store


@st.composite
def _backups(draw: st.DrawFn, places: _Places) -> Document:
    """Say of some jurisdictions in which of their regions backups lie: where AWS copies them."""
    said: Document = {}
    for name, place in places.jurisdictions.items():
        if draw(maybe):
            said[name] = {"in": place.get("standby", place["home"])}
    return said


@st.composite
def _services(draw: st.DrawFn, stores: tuple[str, ...]) -> Document:
    names = draw(st.lists(st.sampled_from(_SERVICES), min_size=1, max_size=6, unique=True))
    return {name: draw(_service(name, stores)) for name in names}


@st.composite
def _service(draw: st.DrawFn, name: str, stores: tuple[str, ...]) -> Document:
    image = draw(st.sampled_from(_IMAGES)).format(name=name)
    service: Document = {"run": ["serve", name], "image": image}
    if draw(maybe):
        service["public"] = draw(st.sampled_from(["https", "http"]))
    if draw(maybe):
        cpu, memory = draw(st.sampled_from(_TASKS))
        service["task"] = {"cpu": cpu, "memory": memory}
    if draw(maybe):
        least = draw(st.integers(1, 3))
        service["scale"] = {"least": least, "most": least + draw(st.integers(0, 20))}
    if draw(maybe):
        service["port"] = draw(st.sampled_from([3000, 8080]))
    if draw(maybe):
        service["was"] = f"old-{name}"
    if stores:
        used = draw(st.lists(st.sampled_from(stores), max_size=len(stores), unique=True))
        service["uses"] = {each: draw(st.sampled_from(["read", "write"])) for each in used}
    return service


@st.composite
def _environments(draw: st.DrawFn, jurisdictions: tuple[str, ...]) -> Document:
    many = draw(st.integers(1, len(_ENVIRONMENTS)))
    environments: Document = {}
    for name in _ENVIRONMENTS[:many]:
        environments[name] = {"sizes": draw(st.sampled_from(["normal", "small"]))}
        if draw(maybe):
            some = st.lists(st.sampled_from(jurisdictions), min_size=1, unique=True)
            environments[name]["jurisdictions"] = draw(some)
    return environments


@st.composite
def _tenants(draw: st.DrawFn, jurisdictions: tuple[str, ...]) -> Document:
    names = draw(st.lists(st.sampled_from(["acme", "nordlys", "muster"]), unique=True))
    return {name: {"home": draw(st.sampled_from(jurisdictions))} for name in names}


def _promises(
    places: _Places, stores: Document, services: Document, environments: Document
) -> list[Document]:
    """Return promises that each of these estates can make, on AWS too."""
    promises: list[Document] = [
        {"name": f"{each}-stays-in-{each}", "tenants": each, "data stays in": each}
        for each in places.jurisdictions
    ]
    if len(environments) > 1:
        promises.append({"name": "apart", "isolate": list(environments)[:2]})
    if all("standby" in each for each in places.jurisdictions.values()):
        promises.append({"name": "a-region", "when": "region lost", "rpo": "5m", "rto": "1h"})
    for name in stores:
        users = [each for each, service in services.items() if name in service.get("uses", {})]
        promises.append({"name": f"only-{name}", "reach": name, "from": users})
    return promises


@st.composite
def _aws(draw: st.DrawFn, places: _Places, environments: Document) -> Document:
    owned = (*environments, "management", "security")
    aws: Document = {
        "accounts": {name: f"{number:012d}" for name, number in zip(owned, count(111111111111))},
        "owner": "platform@example.com",
        "email": "aws+{account}@example.com",
        "domain": draw(st.sampled_from(["example.com", "workspace.example"])),
    }
    if draw(maybe):
        aws["network"] = draw(st.sampled_from(_NETWORKS))
    if draw(maybe):
        home = next(iter(places.jurisdictions.values()))["home"]
        first = next(iter(environments))
        if places.regions[home]["jurisdiction"] in environments[first].get(
            "jurisdictions", places.jurisdictions
        ):
            aws["networks"] = {f"{first}/{home}": "192.168.0.0/16"}
    if draw(maybe):
        law = draw(st.sampled_from(list(places.jurisdictions)))
        used = {each["aws"] for each in places.regions.values()}
        aws["states"] = {law: next(each for each in _LAWS[law] if each not in used)}
    if draw(maybe):
        aws["sizes"] = {"small": {"postgres": "db.t4g.small", "redis": "cache.r6g.large"}}
    if draw(maybe):
        aws["datadog"] = True
    return aws
