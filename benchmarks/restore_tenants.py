"""Bring 300 of 1,000 tenants of a shard back to a moment while the other 700 go on writing.

The store is restored as a whole in the same run, beside what runs and under the same writes.
Exit code 1 when one of these claims is not met:

- the restored tenants have exactly the rows that they had at the moment
- the others: 0 errors, no row written anew or taken away by the restore, 0 writes lost
- it takes at most three times as long as the restore of the whole store
"""

import argparse
import json
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from support.tenant_store import TenantStore, Writers

LIMIT_RATIO = 3.0
# The very versions of rows: where each lies, and which transaction wrote it.
_VERSIONS = """\
SELECT md5(string_agg(ctid::text || xmin::text || id::text, ',' ORDER BY ctid)) FROM shard_0.{table}
 WHERE tenant = ANY (%s) AND {seeded}"""
_CONTENT = """\
SELECT md5(string_agg(row::text, ',' ORDER BY tenant, id)) FROM shard_0.{table} AS row
 WHERE tenant = ANY (%s)"""
_SEEDED = {"pages": "true", "blocks": "text <> 'written meanwhile'"}
_DAMAGE = """\
DELETE FROM shard_0.blocks WHERE tenant = ANY (%(t)s) AND id::text < '8';
UPDATE shard_0.blocks SET text = 'damaged' WHERE tenant = ANY (%(t)s) AND id::text < 'c';
INSERT INTO shard_0.blocks (tenant, id, page, text)
SELECT tenant, gen_random_uuid(), id, 'too much' FROM shard_0.pages WHERE tenant = ANY (%(t)s);"""


def contents(store: TenantStore, tenants: list[str]) -> list[Any]:
    with store.connect() as session:
        queries = [_CONTENT.format(table=table) for table in _SEEDED]
        return [session.execute(query, (tenants,)).fetchone() for query in queries]


def versions(store: TenantStore, tenants: list[str]) -> list[Any]:
    with store.connect() as session:
        queries = [_VERSIONS.format(table=table, seeded=s) for table, s in _SEEDED.items()]
        return [session.execute(query, (tenants,)).fetchone() for query in queries]


def damage(store: TenantStore, tenants: list[str]) -> None:
    with store.connect() as session:
        for statement in _DAMAGE.split(";\n"):
            session.execute(statement.encode(), {"t": tenants})


def missing(store: TenantStore, written: list[str]) -> int:
    with store.connect() as session:
        query = "SELECT count(*) FROM shard_0.blocks WHERE id = ANY (%s::uuid[])"
        (found,) = session.execute(query, (written,)).fetchone() or (0,)
        return len(written) - int(found)


def seconds(operation: dict[str, Any]) -> float:
    return float(operation["ended_at"] - operation["started_at"])


def merging(operation: dict[str, Any]) -> tuple[float, float]:
    """When the merge began and ended."""
    steps = [step for step in operation["steps"] if step["name"].startswith("merge")]
    return steps[0]["started_at"], steps[-1]["ended_at"]


def measure(store: TenantStore, options: argparse.Namespace) -> dict[str, Any]:
    names = [f"tenant-{number:05d}" for number in range(options.tenants)]
    chosen, others = names[: options.restored], names[options.restored :]
    store.up(names, options.blocks)
    then, moment = contents(store, chosen), datetime.now(UTC).isoformat()
    time.sleep(0.1)
    damage(store, chosen)
    untouched = versions(store, others)
    with Writers(store, others, options.rate) as writers:
        whole = store.restore("--to", moment)
        began = time.time()
        operation = store.restore("--to", moment, "--tenants", ",".join(chosen))
        ended = time.time()
        time.sleep(2.0)
    before, during = writers.between(0.0, began), writers.between(*merging(operation))
    return {
        "tenants": len(names),
        "restored": len(chosen),
        "equal_to_the_moment": contents(store, chosen) == then,
        "others_writes": len(writers.written),
        "others_errors": len(writers.errors),
        "others_lost": missing(store, writers.written),
        "others_untouched": versions(store, others) == untouched,
        "whole_store_s": round(seconds(whole), 2),
        "tenants_s": round(seconds(operation), 2),
        "of_this_merging_s": round(during_s(operation), 2),
        "command_s": round(ended - began, 2),
        "ratio": round(seconds(operation) / seconds(whole), 2),
        "others_p99_before_ms": _ms(before, 0.99),
        "others_p99_merging_ms": _ms(during, 0.99),
        "others_worst_before_ms": _ms(before, 1.0),
        "others_worst_merging_ms": _ms(during, 1.0),
        "told": [s["detail"] for s in operation["steps"] if s["name"].startswith("merge")],
    }


def during_s(operation: dict[str, Any]) -> float:
    began, ended = merging(operation)
    return ended - began


def _ms(took: list[float], share: float) -> float | None:
    if not took:
        return None
    return round(1000 * took[min(len(took) - 1, int(share * len(took)))], 1)


def failures(figures: dict[str, Any]) -> list[str]:
    """The claims that these figures do not meet."""
    claims = [
        (figures["equal_to_the_moment"], "the restored tenants differ from the moment"),
        (figures["others_writes"] > 0, "the others did not write"),
        (figures["others_errors"] == 0, "others saw errors"),
        (figures["others_lost"] == 0, "writes of others are lost"),
        (figures["others_untouched"], "rows of others were written anew"),
        (figures["ratio"] <= LIMIT_RATIO, f"above {LIMIT_RATIO:g} times the whole store"),
    ]
    return [said for met, said in claims if not met]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tenants", type=int, default=1000, help="of the shard (1000)")
    parser.add_argument("--restored", type=int, default=300, help="of these (300)")
    parser.add_argument("--blocks", type=int, default=200, help="rows of each (200)")
    parser.add_argument("--rate", type=float, default=200.0, help="others' writes a second (200)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="caisson-bench-") as folder:
        store = TenantStore(Path(folder) / "tenants")
        try:
            figures = measure(store, options)
        finally:
            store.down()
    print(json.dumps(figures, indent=2))
    unmet = failures(figures)
    for said in unmet:
        print(f"not met: {said}", file=sys.stderr)
    return 1 if unmet else 0


if __name__ == "__main__":
    sys.exit(main())
