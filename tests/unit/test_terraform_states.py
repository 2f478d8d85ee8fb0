"""What a plan says of the state that it was made of."""

import json
from typing import Any

from caisson.targets.aws.states import addresses, state_before

LOOKED_UP = {"address": "data.aws_region.here", "mode": "data"}
BUCKET = {"address": "aws_s3_bucket.files", "mode": "managed"}
KEYED = {"address": 'aws_subnet.a["x"]', "mode": "managed", "index": "x"}
COUNTED = {"address": "module.own.aws_vpc.a[0]", "mode": "managed", "index": 0}


def plan(*resources: Any, children: Any = ()) -> bytes:
    module = {"resources": resources, "child_modules": [{"resources": children}]}
    return json.dumps({"prior_state": {"values": {"root_module": module}}}).encode()


def test_what_was_only_looked_up_is_no_state() -> None:
    assert state_before(b"{}") is None
    assert state_before(plan(LOOKED_UP)) is None
    assert state_before(plan(LOOKED_UP, children=[COUNTED])) is not None


def test_the_state_is_that_of_the_plan() -> None:
    found = state_before(plan(LOOKED_UP, BUCKET))
    assert found is not None
    assert json.loads(found) == json.loads(plan(LOOKED_UP, BUCKET))["prior_state"]


def test_instances_have_the_address_of_their_block() -> None:
    state = state_before(plan(LOOKED_UP, BUCKET, KEYED, children=[COUNTED]))
    assert addresses(state) == {"aws_s3_bucket.files", "aws_subnet.a", "module.own.aws_vpc.a"}
    assert addresses(None) == frozenset()
