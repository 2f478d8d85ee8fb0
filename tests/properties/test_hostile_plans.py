"""Whatever is wrong with a plan ends in a mistake that says so, or in a result; never in a crash.

And no secret is ever in a result.
"""

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caisson.estate.mistakes import EstateErrors
from caisson.terraform.read import read
from caisson.topology.model import Topology

PLAN = (Path(__file__).parents[1] / "plans" / "references" / "plan.json").read_bytes()
WHOLE = json.loads(PLAN)
SECRET = "a-secret-nobody-may-see"
Keys = tuple[str | int, ...]
# What stands where something else belongs.
OTHERS: tuple[Any, ...] = (None, True, 0, -1, 1.5, "", "text", [], {}, [1], [[]], {"a": 1}, [{}])
# Parts that take part in the reading. The rest of the document may be anything.
READ = ("planned_values", "prior_state", "resource_changes", "configuration", "variables")


def survives(content: bytes) -> Topology | None:
    """The topology, or None when the plan was refused with a reason."""
    try:
        return read("plan.json", content)
    except EstateErrors as errors:
        mistakes = errors.mistakes
    assert all(each.what and each.remedy for each in mistakes)
    return None


def places(plain: Any, path: Keys = ()) -> Iterator[Keys]:
    yield path
    children = plain.items() if isinstance(plain, dict) else ()
    for key, value in enumerate(plain) if isinstance(plain, list) else children:
        yield from places(value, (*path, key))


PLACES = [path for path in places(WHOLE) if path and path[0] in READ]


def replaced(path: Keys, value: Any) -> Any:
    whole = copy.deepcopy(WHOLE)
    at = whole
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return whole


@pytest.mark.parametrize("part", range(50))
def test_a_plan_that_was_cut_off_is_refused(part: int) -> None:
    assert survives(PLAN[: len(PLAN) * part // 50]) is None


@settings(max_examples=150)
@given(at=st.integers(0, len(PLAN) - 1), bit=st.integers(0, 7))
def test_one_bit(at: int, bit: int) -> None:
    flipped = bytearray(PLAN)
    flipped[at] ^= 1 << bit
    survives(bytes(flipped))


@settings(max_examples=600)
@given(path=st.sampled_from(PLACES), value=st.sampled_from(OTHERS))
def test_another_type_anywhere(path: Keys, value: Any) -> None:
    survives(json.dumps(replaced(path, value)).encode())


@settings(max_examples=150)
@given(path=st.sampled_from(PLACES))
def test_a_part_that_is_missing(path: Keys) -> None:
    whole = copy.deepcopy(WHOLE)
    at = whole
    for key in path[:-1]:
        at = at[key]
    del at[path[-1]]
    survives(json.dumps(whole).encode())


@settings(max_examples=60)
@given(seed=st.integers(0, 1 << 32))
def test_parts_of_the_plan_in_each_others_places(seed: int) -> None:
    pick = random.Random(seed)  # noqa: S311
    whole = copy.deepcopy(WHOLE)
    for _ in range(10):
        source, target = pick.choice(PLACES), pick.choice(PLACES)
        try:
            at, value = whole, whole
            for key in target[:-1]:
                at = at[key]
            for key in source:
                value = value[key]
            at[target[-1]] = copy.deepcopy(value)
        except (LookupError, TypeError):
            continue  # an earlier exchange has taken it away
    survives(json.dumps(whole).encode())


WORDS = (
    *("aws_vpc.main", "aws_vpc.main.id[0]", "aws_subnet.counted[0].vpc_id", "aws_subnet.keyed"),
    *("module.part", 'module.part["p"].group', "data.aws_iam_policy_document.main"),
    *("local.a", "var.a", "var", "each.value", "each.key", "count.index", "self", "path.x"),
    *("", "..", "[", 'a["'),
)


@settings(max_examples=60)
@given(seed=st.integers(0, 1 << 32))
def test_references_to_anything_from_everywhere(seed: int) -> None:
    pick = random.Random(seed)  # noqa: S311
    whole = copy.deepcopy(WHOLE)
    words = [*WORDS, *(each["address"] for each in whole["resource_changes"])]
    for path in PLACES:
        if path[-1] == "references":
            at = whole
            for key in path[:-1]:
                at = at[key]
            at["references"] = [pick.choice(words) for _ in range(pick.randint(0, 4))]
    assert survives(json.dumps(whole).encode()) is not None


def resources(count: int, refer: Any) -> bytes:
    """`count` subnets, the VPC of each of which is what `refer(number)` refers to."""
    rows = [
        {"address": f"aws_subnet.s{n}", "mode": "managed", "type": "aws_subnet", "name": f"s{n}",
         "provider_name": "registry.terraform.io/hashicorp/aws", "values": {}}
        for n in range(count)
    ]  # fmt: skip
    changes = [
        {"address": row["address"], "change": {"after_unknown": {"id": True, "vpc_id": True}}}
        for row in rows
    ]
    written = [
        {"address": row["address"], "expressions": {"vpc_id": {"references": refer(n)}}}
        for n, row in enumerate(rows)
    ]
    return json.dumps(
        {
            "format_version": "1.2",
            "planned_values": {"root_module": {"resources": rows}},
            "resource_changes": changes,
            "configuration": {"root_module": {"resources": written}},
        }
    ).encode()


def test_a_chain_of_references_that_never_ends() -> None:
    assert survives(resources(3, lambda n: [f"aws_subnet.s{(n + 1) % 3}.vpc_id"])) is not None
    assert survives(resources(5000, lambda n: [f"aws_subnet.s{n + 1}.vpc_id"])) is not None


def test_references_that_double_at_each_step() -> None:
    def refer(number: int) -> list[str]:
        return [f"aws_subnet.s{number + 1}.vpc_id", f"aws_subnet.s{number + 2}.vpc_id"]

    assert survives(resources(200, refer)) is not None


def modules(depth: int) -> dict[str, Any]:
    """Modules in modules, each of whose outputs and inputs are those of the next."""
    if not depth:
        return {}
    inner = {
        "expressions": {"a": {"references": ["module.m.b", "module.m", "var.a"]}},
        "module": modules(depth - 1),
    }
    return {
        "module_calls": {"m": inner},
        "outputs": {"b": {"expression": {"references": ["module.m.b", "module.m", "var.a"]}}},
        "variables": {"a": {}},
    }


@pytest.mark.parametrize("depth", [60, 95, 1000])
def test_modules_in_modules(depth: int) -> None:
    whole = copy.deepcopy(WHOLE)
    whole["configuration"]["root_module"]["module_calls"]["m"] = {"module": modules(1)}
    text = json.dumps(whole)
    inner = '{"module_calls": {"m": {"expressions": {"a": {"references": ["var.a"]}}, "module": '
    nested = inner * depth + "{}" + "}}}" * depth
    survives(text.replace('"module": {}', f'"module": {nested}').encode())


@pytest.mark.parametrize("opening", ['{"a":', "["])
@pytest.mark.parametrize("depth", [150, 201, 900, 10_000, 200_000])
def test_depth(opening: str, depth: int) -> None:
    closing = "}" if opening.startswith("{") else "]"
    nested = (opening * depth + "1" + closing * depth).encode()
    content = PLAN.replace(b'"cidr_block":"10.0.0.0/16"', b'"cidr_block":' + nested)
    assert content != PLAN
    assert (survives(content) is None) == (depth > 150)


def test_what_is_marked_sensitive_is_nowhere() -> None:
    assert SECRET.encode() in PLAN
    found = survives(PLAN)
    assert found is not None
    assert SECRET not in repr(found)


@settings(max_examples=40)
@given(path=st.sampled_from([path for path in PLACES if path[-1] == "values"]))
def test_whatever_is_marked_as_a_whole_is_nowhere(path: Keys) -> None:
    """Every text of one instance is made a secret, and the instance marked."""
    whole = copy.deepcopy(WHOLE)
    at = whole
    for key in path[:-1]:
        at = at[key]
    at["values"] = _spoiled(at["values"])
    at["sensitive_values"] = True
    found = survives(json.dumps(whole).encode())
    assert found is not None
    assert "s3cr3t" not in repr(found)


def _spoiled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _spoiled(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_spoiled(each) for each in value]
    return "s3cr3t" if isinstance(value, str) else value
