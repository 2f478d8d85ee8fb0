"""One JSON object per line on stdout, for what happens rarely; requests are counted, not logged.

Values are names, addresses and reasons. Endpoints are never logged whole, so no password is.
"""

import json
import logging
import sys
import time


def log(event: str, **fields: object) -> None:
    line = {"time": round(time.time(), 3), "event": event, **fields}
    sys.stdout.write(json.dumps(line, default=str) + "\n")
    sys.stdout.flush()


class _Lines(logging.Handler):
    """Brings what libraries log into the same form."""

    def emit(self, record: logging.LogRecord) -> None:
        fields = {"level": record.levelname.lower(), "message": record.getMessage()}
        if record.exc_info:
            fields["trace"] = logging.Formatter().formatException(record.exc_info)
        log(record.name, **fields)


def adopt_library_logs() -> None:
    logging.basicConfig(level=logging.WARNING, handlers=[_Lines()])
    # Says in many words what the retry counter says in one.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
