"""Times as people and logs write them, on the command line."""

from datetime import UTC, datetime
from typing import Any

import click


class Moment(click.ParamType[float]):
    """A time as people and logs write it; without an offset, it is this machine's."""

    name = "TIME"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            written = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time: write 2026-01-31T23:59:59 or …59.5+00:00", param, ctx)
        return written.astimezone(UTC).timestamp()
