"""An estate with every system, in one environment and one jurisdiction of two regions."""

from typing import Any

DOCUMENT: dict[str, Any] = {
    "estate": "shop",
    "jurisdictions": {"us": {"home": "west", "standby": "east"}},
    "regions": {
        "west": {"jurisdiction": "us", "aws": "us-west-2"},
        "east": {"jurisdiction": "us", "aws": "us-east-2"},
    },
    "stores": {
        "blocks": {"system": "postgres", "backup": {"every": "1d", "keep": "14d"}},
        "sessions": {"system": "redis"},
        "cache": {"system": "memcached", "rebuildable": True},
        "search": {"system": "opensearch", "rebuildable": True},
        "uploads": {"system": "files"},
    },
    "services": {
        "web": {
            "run": ["serve"],
            "image": "web:1",
            "public": "https",
            "uses": {
                "blocks": "write",
                "sessions": "write",
                "cache": "write",
                "search": "read",
                "uploads": "write",
            },
        },
        "jobs": {"run": ["work"], "image": "jobs:1", "uses": {"sessions": "read"}},
    },
    "aws": {
        "accounts": {
            "production": "111111111111",
            "management": "222222222222",
            "security": "333333333333",
        },
        "owner": "a@example.com",
        "email": "a+{account}@example.com",
        "domain": "example.com",
    },
}
