"""What an apply touches, and whether data goes with it."""

from typing import Any

import pytest

from caisson.plan.blast_radius import Deed, blast_radius
from caisson.plan.drift import drifted


def change(address: str, *actions: str, **tags: str) -> dict[str, Any]:
    kept = {"tags": tags}
    return {
        "address": address,
        "type": address.partition(".")[0],
        "mode": "managed",
        "change": {
            "actions": list(actions),
            "before": None if actions == ("create",) else kept,
            "after": None if actions == ("delete",) else kept,
        },
    }


@pytest.mark.parametrize(
    ("actions", "deed"),
    [
        (["create"], Deed.CREATE),
        (["update"], Deed.UPDATE),
        (["delete"], Deed.DELETE),
        (["delete", "create"], Deed.REPLACE),
        (["create", "delete"], Deed.REPLACE),
        (["forget"], Deed.FORGET),
    ],
)
def test_each_action_has_its_word(actions: list[str], deed: Deed) -> None:
    found = blast_radius({"resource_changes": [change("aws_vpc.a", *actions)]}, ())
    assert [each.deed for each in found.touched] == [deed]


@pytest.mark.parametrize("actions", [["no-op"], ["read"]])
def test_what_stays_as_it_is_is_not_touched(actions: list[str]) -> None:
    assert not blast_radius({"resource_changes": [change("aws_vpc.a", *actions)]}, ()).touched


@pytest.mark.parametrize(
    ("actions", "lost"),
    [(["delete"], True), (["delete", "create"], True), (["update"], False), (["create"], False)],
)
def test_data_is_lost_with_what_keeps_it(actions: list[str], lost: bool) -> None:
    plan = {
        "resource_changes": [
            change("aws_db_instance.a", *actions, Component="orders"),
            change("aws_lb.b", "delete", Component="web"),
        ]
    }
    found = blast_radius(plan, {"aws_db_instance.a"})
    assert [each.address for each in found.losing_data] == ["aws_db_instance.a"] * lost
    assert found.components == ("orders", "web")


def test_what_was_not_made_whole_is_told_from_what_is_replaced() -> None:
    whole, broken = change("a.whole", "delete", "create"), change("a.broken", "delete", "create")
    plan = {"resource_changes": [whole, {**broken, "action_reason": "replace_because_tainted"}]}
    found = blast_radius(plan, {"a.whole", "a.broken"}).losing_data
    assert {each.address: each.unfinished for each in found} == {
        "a.whole": False,
        "a.broken": True,
    }


def test_drift_names_what_differs_and_never_a_value() -> None:
    def looked(before: object, after: object) -> dict[str, Any]:
        return {"address": "aws_db_instance.a", "change": {"before": before, "after": after}}

    plan = {
        "resource_drift": [
            looked({"password": "old", "port": 1}, {"password": "new", "port": 1}),
            looked({"port": 1}, None),
            looked({"port": 1}, {"port": 1}),
        ]
    }
    assert [each.what for each in drifted(plan)] == ["differs in password", "is gone"]
    assert "old" not in repr(drifted(plan))
