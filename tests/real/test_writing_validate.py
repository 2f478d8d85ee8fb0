"""Terraform itself finds every rendered root valid, with its real provider."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aws_estates import estate_of, rendering_of
from caisson.estate.loading import load
from caisson.terraform.writing.model import Rendering, Root
from caisson.terraform.writing.render import render
from caisson.terraform.writing.text import files
from caisson.topology.resolve import resolve
from terraform_runs import without_network

WORKSPACE = Path(__file__).parents[2] / "examples" / "workspace"
# One root after another takes minutes, most of them for reading the provider's schema.
AT_ONCE = 2
BACKUP = {"every": "1d", "keep": "35d", "wal": True, "locked": "14d"}
# Everything that an estate can have: all systems, with and without a standby, with old names.
LARGE = {
    "estate": "large",
    "jurisdictions": {"us": {"home": "us-west", "standby": "us-east"}, "jp": {"home": "jp-east"}},
    "regions": {
        "us-west": {"jurisdiction": "us", "aws": "us-west-2"},
        "us-east": {"jurisdiction": "us", "aws": "us-east-2"},
        "jp-east": {"jurisdiction": "jp", "aws": "ap-northeast-1"},
    },
    "stores": {
        "orders": {"system": "postgres", "shards": 4, "backup": BACKUP, "data": "personal"},
        "ledger": {"system": "postgres", "was": "books", "data": "accounting"},
        "sessions": {"system": "redis", "backup": {"every": "1d", "keep": "7d"}},
        "cache": {"system": "memcached", "rebuildable": True},
        "search": {"system": "opensearch", "rebuildable": {"from": "orders"}},
        "uploads": {"system": "files", "was": "images", "backup": BACKUP},
    },
    "services": {
        "web": {
            "run": ["web"],
            "image": "large/web:1.0.0",
            "public": "https",
            "uses": dict.fromkeys(("orders", "sessions", "cache", "search", "uploads"), "write"),
        },
        "api": {
            "run": ["api"],
            "image": "ghcr.io/large/api:2.1",
            "public": "http",
            "was": "rest",
            "port": 9000,
            "scale": {"least": 3, "most": 30},
            "uses": {"orders": "read", "ledger": "write", "uploads": "read"},
        },
        "worker": {
            "run": ["work"],
            "image": "large/worker:1.0.0",
            "task": {"cpu": 2048, "memory": 8192},
            "uses": {"ledger": "write", "search": "write"},
        },
    },
    "environments": {"production": {}},
    "tenants": {"acme": {"home": "us"}, "kita": {"home": "jp"}},
    "promises": [{"name": "stays", "tenants": "jp", "data stays in": "jp"}],
    "aws": {
        "accounts": {
            "management": "111111111111",
            "security": "222222222222",
            "production": "333333333333",
        },
        "owner": "platform@example.com",
        "email": "aws+{account}@example.com",
        "domain": "example.com",
    },
}


def workspace() -> Rendering:
    loaded = load(WORKSPACE)
    return render(loaded.estate, loaded.sources, resolve(loaded.estate, loaded.sources))


def large() -> Rendering:
    return rendering_of(estate_of(LARGE))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("rendered", [workspace, large])
def test_every_root_is_valid(tmp_path: Path, rendered: Callable[[], Rendering]) -> None:
    rendering = rendered()
    for path, text in files(rendering).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        told = list(pool.map(lambda root: _validated(tmp_path, root), rendering.roots))
    assert told == [(root.path, []) for root in rendering.roots]


def _validated(folder: Path, root: Root) -> tuple[str, list[str]]:
    """Return what Terraform says against a root; it warns of what is deprecated."""
    terraform = without_network(folder / root.path, folder)
    terraform.run("init", "-backend=false", "-input=false", "-no-color")
    told = json.loads(terraform.run("validate", "-json", well=(0, 1)))
    return root.path, [f"{each['summary']}: {each['detail']}" for each in told["diagnostics"]]
