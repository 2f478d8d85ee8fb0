"""The JSON schema: what an editor accepts is what the loader accepts."""

import re
from typing import Any

from caisson.estate.promises import PROMISE_KINDS
from caisson.estate.schema import json_schema


def definition(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json_schema()["$defs"][name]
    return found


def test_keys_are_those_that_people_write() -> None:
    assert "schema" in definition("Store")["properties"]
    assert set(definition("Residency")["properties"]) == {
        "name",
        "tenants",
        "data stays in",
        "stores",
        "except",
    }
    assert set(definition("Reach")["properties"]) == {"name", "reach", "from", "ports"}
    assert definition("LoseRegion")["properties"]["verified every"]["default"] == "7d"


def test_unknown_keys_are_refused_everywhere() -> None:
    schema = json_schema()
    assert schema["additionalProperties"] is False
    assert all(each["additionalProperties"] is False for each in schema["$defs"].values())
    sections = [each for each in schema["properties"].values() if "patternProperties" in each]
    assert len(sections) == 7
    assert all(each["additionalProperties"] is False for each in sections)


def test_durations_are_text_with_a_unit() -> None:
    pattern = definition("LoseRegion")["properties"]["rpo"]["pattern"]
    assert all(re.search(pattern, written) for written in ("0s", "500ms", "1.5h", "35d"))
    assert not any(re.search(pattern, written) for written in ("5", "-5s", "5 s", "five"))


def test_wal_is_kept_or_not_or_archived_in_time() -> None:
    wal = definition("Backup")["properties"]["wal"]
    assert {each["type"] for each in wal["anyOf"]} == {"boolean", "string"}
    assert wal["default"] is False


def test_a_question_is_one_of_its_kinds_and_its_relation_can_be_told() -> None:
    assert len(definition("Store")["properties"]["questions"]["items"]["oneOf"]) == 4
    pattern = definition("SqlQuestion")["properties"]["is"]["pattern"]
    assert all(re.search(pattern, written) for written in (">= 1", "=0", "!= -2.5", "= 't'"))
    assert not any(re.search(pattern, written) for written in ("1", "=> 1", "> 'a'", "= t", ">="))


def test_a_promise_is_one_of_its_kinds() -> None:
    assert len(json_schema()["properties"]["promises"]["items"]["oneOf"]) == len(PROMISE_KINDS)
