"""When evidence must go stale: a restore depends on backups, the loss of a site does not."""

from typing import Any

import pytest

from caisson.estate.model import Estate
from caisson.estate.sources import Source, Sources
from caisson.ledger.fingerprint import fingerprint
from caisson.topology.resolve import resolve

SITE, SET, OTHER = "production/us-west", "production/us/blocks", "production/us/orders"
BACKUP: dict[str, Any] = {"every": "1d", "keep": "35d", "wal": True}
BLOCKS: dict[str, Any] = {
    "system": "postgres",
    "backup": BACKUP,
    "questions": [{"sql": "SELECT count(*) FROM pages", "is": ">= 1"}],
}


def of(subject: str, blocks: dict[str, Any] | None = None, line: int = 1, **changes: Any) -> str:
    said: dict[str, Any] = {
        "estate": "shop",
        "jurisdictions": {"us": {"home": "us-west", "standby": "us-east"}},
        "regions": {name: {"jurisdiction": "us"} for name in ("us-west", "us-east", "us-south")},
        "stores": {
            "blocks": {**BLOCKS, **(blocks or {})},
            "orders": {"system": "postgres", "backup": BACKUP},
        },
    }
    sources = Sources(whole=Source("estate.yaml", line))
    return fingerprint(resolve(Estate.model_validate({**said, **changes}), sources), subject)


@pytest.mark.parametrize(
    "changes",
    [
        {"blocks": {"backup": {**BACKUP, "every": "2d"}}},
        {"blocks": {"backup": {**BACKUP, "wal": "5s"}}},
        {"blocks": {"backup": {**BACKUP, "keep": "7d"}}},
        {"blocks": {"backup": {**BACKUP, "locked": "7d"}}},
        {"blocks": {"questions": []}},
        {"blocks": {"questions": [{"sql": "SELECT count(*) FROM pages", "is": ">= 2"}]}},
        {"backups": {"us": {"in": "us-south"}}},
        {"backups": {"us": {"in": "us-east", "repository": "s3://kept"}}},
    ],
)
def test_a_restore_depends_on_backups_and_their_place_and_questions(
    changes: dict[str, Any],
) -> None:
    assert of(SET, **changes) != of(SET)
    assert of(SITE, **changes) == of(SITE)
    assert (of(OTHER, **changes) == of(OTHER)) is ("backups" not in changes)


def test_lines_do_not_count() -> None:
    assert of(SET, line=9) == of(SET)
