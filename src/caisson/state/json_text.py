"""JSON as it is kept: one text for one value, so that it can be compared and hashed."""

import json
from collections.abc import Mapping, Sequence

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
JsonObject = Mapping[str, Json]


def to_text(value: Json) -> str:
    """Write the one text of a value: keys sorted, no spaces, ASCII; NaN raises ValueError."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def object_from_text(text: str) -> dict[str, Json]:
    """Read an object back; ValueError when the text is not JSON or not an object."""
    value = json.loads(text)
    if isinstance(value, dict):
        return value
    raise ValueError("not a JSON object")
