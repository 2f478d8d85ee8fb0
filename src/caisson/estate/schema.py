"""The JSON schema of an estate, for editors that complete and check while one types."""

from typing import Any

from caisson.estate.model import Estate


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) with the keys as written; unknown keys are refused."""
    schema = Estate.model_json_schema(by_alias=True)
    for definition in (schema, *schema["$defs"].values()):
        for written in definition["properties"].values():
            if "patternProperties" in written:
                written["additionalProperties"] = False
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Caisson estate",
    }
