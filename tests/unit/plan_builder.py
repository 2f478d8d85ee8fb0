"""Plans written by hand, as small as the question allows: what Terraform would have written."""

import json
from collections.abc import Mapping
from typing import Any

AWS = "registry.terraform.io/hashicorp/aws"


def planned(address: str, **values: Any) -> dict[str, Any]:
    """A planned instance. `...` is a value that is known after apply, `[...]` a list of one."""
    plain, _, key = address.partition("[")
    words = plain.split(".")
    mode = "data" if words[-3:-2] == ["data"] else "managed"
    return {
        "address": address,
        "mode": mode,
        "type": words[-2],
        "name": words[-1],
        "provider_name": AWS,
        **({"index": json.loads(key[:-1])} if key else {}),
        "values": {k: _known(v) for k, v in values.items() if v is not ...},
        "unknown": {k: _unknown(v) for k, v in values.items()},
    }


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _known(v) for k, v in value.items() if v is not ...}
    if isinstance(value, list):
        return [None if each is ... else _known(each) for each in value]
    return value


def _unknown(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _unknown(v) for k, v in value.items()}
    return [_unknown(each) for each in value] if isinstance(value, list) else value is ...


def written(address: str, repeat: Any = None, **expressions: Any) -> dict[str, Any]:
    """A resource of the configuration; a list of texts is what an expression refers to."""
    words = address.split(".")
    found: dict[str, Any] = {
        "address": address,
        "mode": "data" if words[0] == "data" else "managed",
        "type": words[-2],
        "name": words[-1],
        "provider_config_key": "aws",
        "expressions": {name: expression(each) for name, each in expressions.items()},
    }
    if repeat is not None:
        found["for_each_expression"] = expression(repeat)
    return found


def expression(given: Any) -> Any:
    match given:
        case [str(), *_]:
            return {"references": given}
        case [dict(), *_]:
            return [{name: expression(each) for name, each in block.items()} for block in given]
        case _:
            return {"constant_value": given}


def plan(
    instances: list[dict[str, Any]],
    configuration: list[dict[str, Any]],
    *,
    many: Mapping[str, tuple[str, ...]] = {},
    declared: Mapping[str, Any] = {},
    **rest: Any,
) -> bytes:
    """A plan of a root module, whose variables are `declared`.

    `many` are the attributes of a type that are lists or sets.
    """
    changes = [
        {
            "address": each["address"],
            "change": {
                "actions": ["create"],
                "after_unknown": each["unknown"],
                "after_sensitive": {name: [] for name in many.get(each["type"], ())},
            },
        }
        for each in instances
    ]
    rows = [{k: v for k, v in each.items() if k != "unknown"} for each in instances]
    whole = {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": rows}},
        "resource_changes": changes,
        "configuration": {
            "provider_config": {"aws": {"name": "aws", "full_name": AWS}},
            "root_module": {"resources": configuration, "variables": declared},
        },
        **rest,
    }
    return json.dumps(whole).encode()
