"""Whether a drill is held at all: of an estate that is well, whatever goes on beside it."""

import asyncio
from typing import Any, cast

import pytest

from caisson.drill.model import Estate, Order
from caisson.drill.run import DrillRefused, run

COMPONENT = {"id": "production/us-west/web", "state": "running", "role": "service"}
SITE = {
    "environment": "production",
    "region": "us-west",
    "jurisdiction": "us",
    "serves": True,
    "components": [COMPONENT],
}


class _Begun(Exception):  # noqa: N818 - it is where these tests end
    pass


class Here:
    """An estate with one operation under way, in which nothing can be begun."""

    def __init__(self, verb: str) -> None:
        self.verb = verb

    def snapshot(self) -> dict[str, Any]:
        operation = {"id": f"{self.verb}-0001", "verb": self.verb, "state": "running"}
        home = {"name": "us", "home": "us-west"}
        return {"sites": [SITE], "flows": [], "operations": [operation], "jurisdictions": [home]}

    def begin(self, _fault: str, _subject: str) -> str:
        raise _Begun


def held(verb: str) -> None:
    order = cast("Order", _Ordered())
    asyncio.run(run(cast("Estate", Here(verb)), order, cast("Any", None)))


class _Ordered:
    environment = "production"
    edge, probe, per_second = "127.0.0.1:1", None, 40.0
    struck: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    old_primaries = ()
    fault, subject = "kill", "production/us-west/web"


@pytest.mark.parametrize("verb", ["backup", "restore"])
def test_what_goes_on_beside_everything_keeps_no_drill_from_being_held(verb: str) -> None:
    with pytest.raises(_Begun):
        held(verb)


def test_what_changes_who_serves_does() -> None:
    with pytest.raises(DrillRefused, match="failover-0001 is under way"):
        held("failover")
