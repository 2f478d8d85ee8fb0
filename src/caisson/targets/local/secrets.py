"""Passwords by reference. They are made here once and never leave the estate's own files."""

import json
import secrets as random_source
import threading
from pathlib import Path

from caisson.targets.local.layout import write_private


class Secrets:
    """`secrets.json`, mode 0600: a reference such as `production/us/web/blocks` → password."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._known: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}

    def of(self, reference: str) -> str:
        """The password of a reference; a new one is durable before it is returned."""
        with self._lock:
            if reference not in self._known:
                self._known[reference] = random_source.token_urlsafe(24)
                write_private(self._path, json.dumps(self._known, indent=1, sort_keys=True))
            return self._known[reference]
