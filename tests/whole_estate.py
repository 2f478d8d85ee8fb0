"""Estates that have all that can be had on AWS: WHOLE with a standby, ALONE without."""

from typing import Any

_LOCKED = {"every": "1d", "keep": "35d", "wal": True, "locked": "14d"}
WHOLE: dict[str, Any] = {
    "estate": "whole",
    "jurisdictions": {"us": {"home": "us-west", "standby": "us-east"}},
    "regions": {
        "us-west": {"jurisdiction": "us", "aws": "us-west-2"},
        "us-east": {"jurisdiction": "us", "aws": "us-east-2"},
    },
    "stores": {
        "orders": {"system": "postgres", "was": "books", "backup": _LOCKED, "data": "personal"},
        "sessions": {"system": "redis", "backup": {"every": "1d", "keep": "7d"}},
        "cache": {"system": "memcached", "rebuildable": True},
        "search": {"system": "opensearch", "rebuildable": {"from": "orders"}},
        "uploads": {"system": "files", "backup": _LOCKED},
    },
    "services": {
        "web": {
            "run": ["web"],
            "image": "whole/web:1.0.0",
            "public": "https",
            "uses": dict.fromkeys(("orders", "sessions", "cache", "search", "uploads"), "write"),
        },
        "api": {
            "run": ["api"],
            "image": "ghcr.io/whole/api:2.1",
            "public": "http",
            "was": "rest",
            "uses": {"orders": "read", "search": "read"},
        },
    },
    "environments": {"production": {}},
    "tenants": {"acme": {"home": "us"}},
    "promises": [{"name": "stays", "tenants": "us", "data stays in": "us"}],
    "aws": {
        "accounts": {
            "management": "111111111111",
            "security": "222222222222",
            "production": "333333333333",
        },
        "owner": "platform@example.com",
        "email": "aws+{account}@example.com",
        "domain": "example.com",
        "datadog": True,
    },
}
ALONE = {
    **WHOLE,
    "jurisdictions": {"us": {"home": "us-west"}},
    "regions": {"us-west": {"jurisdiction": "us", "aws": "us-west-2"}},
}
