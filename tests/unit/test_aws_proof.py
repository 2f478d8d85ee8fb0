"""What a plan of a root touches, with what was read of its state or without."""

import json
from typing import Any

import pytest

from caisson.cli.aws_proof import radius_of
from caisson.targets.aws.applying import Planned
from caisson.terraform.read import part
from caisson.terraform.writing.model import Root, State

ROOT = Root("production/us/data", "", (), (), State("", "", ""))
DATABASE = "aws_db_instance.us_west_orders"


def change(address: str, *actions: str) -> dict[str, Any]:
    kind = address.partition(".")[0]
    return {"address": address, "type": kind, "mode": "managed", "change": {"actions": actions}}


def planned(*changes: dict[str, Any], state: bytes | None = None) -> Planned:
    document = json.dumps({"resource_changes": changes}).encode()
    return Planned(ROOT, changes=True, document=document, state=state)


def state() -> bytes:
    resource = {
        "address": DATABASE,
        "mode": "managed",
        "type": "aws_db_instance",
        "name": "us_west_orders",
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "values": {"identifier": "orders", "engine": "postgres"},
    }
    values = {"root_module": {"resources": [resource]}}
    return json.dumps({"format_version": "1.0", "values": values}).encode()


@pytest.mark.parametrize("was_read", [True, False])
def test_what_the_state_says_keeps_data(was_read: bool) -> None:
    plan = planned(change(DATABASE, "delete"), change("aws_vpc.a", "delete"), state=state())
    there = part("production/us/data", state()) if was_read else None
    assert [each.address for each in radius_of(plan, there).losing_data] == [DATABASE]
    assert not radius_of(planned(change(DATABASE, "delete"))).losing_data


@pytest.mark.parametrize(("action", "lost"), [("delete", True), ("update", False)])
def test_an_account_that_leaves_takes_its_data_along(action: str, lost: bool) -> None:
    """As when an environment is renamed, or is not in the estate any more."""
    found = radius_of(planned(change("aws_organizations_account.staging", action)))
    assert bool(found.losing_data) is lost
