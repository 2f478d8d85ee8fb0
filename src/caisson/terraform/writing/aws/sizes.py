"""Instance classes: what the estate says for a size of its environments, else Caisson's choice.

Which classes there are is as of November 2026, from the pages "DB instance class types" of RDS,
"Supported node types" of ElastiCache and "Supported instance types" of OpenSearch Service.
"""

from collections.abc import Mapping
from typing import Literal

from caisson.estate.aws import Sizes
from caisson.terraform.writing.blueprint import Blueprint

System = Literal["postgres", "redis", "memcached", "opensearch"]

# Graviton classes that every region has. What replicates to another region cannot be a `t`:
# neither global datastores of Redis nor connections between domains of OpenSearch take those.
_CHOSEN: Mapping[str, Sizes] = {
    "normal": Sizes(
        postgres="db.r6g.large",
        redis="cache.r6g.large",
        memcached="cache.r6g.large",
        opensearch="r6g.large.search",
    ),
    "small": Sizes(
        postgres="db.t4g.medium",
        redis="cache.m6g.large",
        memcached="cache.t4g.small",
        opensearch="m6g.large.search",
    ),
}

# From the smallest to the largest of a family.
_BURST = "micro small medium large xlarge 2xlarge"
_TO_16 = "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge"
_TO_24 = f"{_TO_16} 24xlarge"
_TO_32 = f"{_TO_24} 32xlarge"
_TO_48 = f"{_TO_24} 48xlarge"
_CACHE_INTEL = "large xlarge 2xlarge 4xlarge 12xlarge 24xlarge"
_SEARCH = "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge"
_CACHE: Mapping[str, str] = {
    "t3": "micro small medium",
    "t4g": "micro small medium",
    "m5": _CACHE_INTEL,
    "m6g": _TO_16,
    "m7g": _TO_16,
    "r5": _CACHE_INTEL,
    "r6g": _TO_16,
    "r7g": _TO_16,
    "c7gn": _TO_16,
}
_FAMILIES: Mapping[System, Mapping[str, str]] = {
    "postgres": {
        "t3": _BURST,
        "t4g": _BURST,
        "m5": _TO_24,
        "m6g": _TO_16,
        "m6i": _TO_32,
        "m7g": _TO_16,
        "m7i": _TO_48,
        "m8g": _TO_48,
        "r5": _TO_24,
        "r5b": _TO_24,
        "r6g": _TO_16,
        "r6i": _TO_32,
        "r7g": _TO_16,
        "r7i": _TO_48,
        "r8g": _TO_48,
        "x2g": _TO_16,
        "x2idn": "16xlarge 24xlarge 32xlarge",
        "x2iedn": "xlarge 2xlarge 4xlarge 8xlarge 16xlarge 24xlarge 32xlarge",
    },
    # Of these only Redis moves what is seldom read to disks.
    "redis": {**_CACHE, "r6gd": "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge"},
    "memcached": _CACHE,
    "opensearch": {
        "t3": "small medium",
        "m5": "large xlarge 2xlarge 4xlarge 12xlarge",
        "m6g": _SEARCH,
        "m7g": f"medium {_TO_16}",
        "c5": "large xlarge 2xlarge 4xlarge 9xlarge 18xlarge",
        "c6g": _SEARCH,
        "c7g": f"medium {_TO_16}",
        "r5": "large xlarge 2xlarge 4xlarge 12xlarge",
        "r6g": _SEARCH,
        "r6gd": _TO_16,
        "r7g": f"medium {_TO_16}",
        "r7gd": f"medium {_TO_16}",
        "i3": "large xlarge 2xlarge 4xlarge 8xlarge 16xlarge",
        "i4g": "large xlarge 2xlarge 4xlarge 8xlarge 16xlarge",
        "im4gn": "large xlarge 2xlarge 4xlarge 8xlarge 16xlarge",
        "or1": f"medium {_TO_16}",
    },
}
_PREFIXES: Mapping[System, str] = {
    "postgres": "db.",
    "redis": "cache.",
    "memcached": "cache.",
    "opensearch": "",
}
_SUFFIXES: Mapping[System, str] = {"opensearch": ".search"}

# GiB of memory of the size `large`, by the first letter of the family.
_LARGE_GIB: Mapping[str, float] = {"t": 8, "m": 8, "r": 16, "x": 32}
# Sizes in parts of `large`; a size such as 4xlarge is eight of them.
_OF_LARGE: Mapping[str, float] = {
    "micro": 0.125,
    "small": 0.25,
    "medium": 0.5,
    "large": 1,
    "xlarge": 2,
}


def instance_class(plan: Blueprint, environment: str, system: System) -> str:
    """Return the class of the nodes of a system in an environment."""
    size = plan.declared(environment).sizes
    told = plan.aws.sizes.get(size)
    chosen: str | None = None if told is None else getattr(told, system)
    return chosen or str(getattr(_CHOSEN[size], system))


def exists(system: System, name: str) -> bool:
    """Return whether AWS has a class for a system, in its larger regions at least."""
    return _bare(system, name) in _classes(system)


def example(system: System) -> str:
    """Return a class that there is, for who wrote one that there is not."""
    return str(getattr(_CHOSEN["normal"], system))


def crosses_regions(system: System, name: str) -> bool:
    """Return whether a store on nodes of a class can replicate to another region."""
    return system not in {"redis", "opensearch"} or not _bare(system, name).startswith("t")


def memory_gib(name: str) -> float:
    """Return the memory of a class of RDS."""
    family, _, size = name.removeprefix("db.").partition(".")
    times = size.removesuffix("xlarge")
    parts = _OF_LARGE.get(size) or 2 * float(times)
    # What these letters stand for: twice the memory of the other families of `x`.
    twice = 2 if "e" in family else 1
    return _LARGE_GIB[family[0]] * parts * twice


def _bare(system: System, name: str) -> str:
    """Return family and size: `db.r6g.large` → `r6g.large`; nothing when it is no such name."""
    prefix, suffix = _PREFIXES[system], _SUFFIXES.get(system, "")
    if not name.startswith(prefix) or not name.endswith(suffix):
        return ""
    return name.removeprefix(prefix).removesuffix(suffix)


def _classes(system: System) -> frozenset[str]:
    return frozenset(
        f"{family}.{size}" for family, sizes in _FAMILIES[system].items() for size in sizes.split()
    )
