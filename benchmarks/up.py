"""How long `caisson up` takes for the reference estate: from nothing, and with its data there.

Claim: at most 30 s on two cores once installed.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from support.caisson_estate import WorkspaceEstate

LIMIT_S = 30.0


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="caisson-bench-") as folder:
        estate = WorkspaceEstate(Path(folder) / "workspace")
        took = []
        try:
            for start in (estate.up, estate.up_again):
                began = time.monotonic()
                start()
                took.append(time.monotonic() - began)
                estate.down()
        finally:
            estate.down()
    print(json.dumps({"first_s": round(took[0], 2), "again_s": round(took[1], 2)}))
    return 0 if max(took) <= LIMIT_S else 1


if __name__ == "__main__":
    sys.exit(main())
