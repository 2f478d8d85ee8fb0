"""The JSON schemas of what people write, for editors that complete and check while one types."""

from typing import Any

from caisson.estate.declared import Declared
from caisson.estate.model import Estate
from caisson.estate.promises import PromiseFile


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of an estate; unknown keys are refused."""
    return _schema(Estate, "Caisson estate")


def promises_json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a file of promises about Terraform."""
    return _schema(PromiseFile, "Caisson promises")


def _schema(model: type[Declared], title: str) -> dict[str, Any]:
    schema = model.model_json_schema(by_alias=True)
    for definition in (schema, *schema["$defs"].values()):
        for written in definition["properties"].values():
            if "patternProperties" in written:
                written["additionalProperties"] = False
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": title,
    }
