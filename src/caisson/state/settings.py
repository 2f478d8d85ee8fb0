"""Small facts that must outlive the controller: a name and a JSON value.

Names are paths (`local/block`, `faults/production/us-west`), so that kin can be listed.
"""

import json
from typing import Any

from caisson.state.database import Database
from caisson.state.json_text import Json, to_text

_GET = "SELECT value FROM settings WHERE name = ?"
_PUT = """INSERT INTO settings (name, value) VALUES (?, ?)
          ON CONFLICT (name) DO UPDATE SET value = excluded.value"""
_REMOVE = "DELETE FROM settings WHERE name = ?"
_UNDER = "SELECT name, value FROM settings WHERE substr(name, 1, ?) = ? ORDER BY name"


class Settings:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str, default: Json = None) -> Any:
        """Return the value kept under a name, or `default`."""
        with self._database.reading() as session:
            rows = session.rows(_GET, name)
        return json.loads(rows[0][0]) if rows else default

    def put(self, name: str, value: Json) -> None:
        """Keep a value, durable when this returns; an earlier one is replaced."""
        with self._database.writing() as session:
            session.run(_PUT, name, to_text(value))

    def remove(self, name: str) -> bool:
        """Forget a value; False when there was none."""
        with self._database.writing() as session:
            return session.run(_REMOVE, name) > 0

    def under(self, prefix: str) -> dict[str, Any]:
        """Return all values whose names begin with `prefix`, by name."""
        with self._database.reading() as session:
            rows = session.rows(_UNDER, len(prefix), prefix)
        return {name: json.loads(value) for name, value in rows}
