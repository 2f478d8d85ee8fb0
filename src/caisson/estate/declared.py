"""What everything that people write is made of: names, subjects, lengths of time, ports.

Pydantic stands at this edge. Durations are seconds (`float`); they are written as `500ms`,
`5s`, `10m`, `1h`, `7d`. Lists of patterns may be written as one pattern.
"""

import re
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"^(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h|d)$")
_PORTS = re.compile(r"^(\d{1,5})(?:-(\d{1,5}))?$")
_HIGHEST_PORT = 65535


def parse_duration(value: object) -> float:
    """Seconds in `5s`, `500ms`, `1h`, ...; a bare number is refused, its unit would be a guess."""
    if isinstance(value, str) and (match := _DURATION.match(value.strip())):
        return float(match[1]) * _UNITS[match[2]]
    raise ValueError("write a duration with its unit, such as 500ms, 5s, 10m, 1h or 7d")


def parse_ports(value: object) -> tuple[int, int]:
    """The lowest and the highest port in `443` or `8000-8100`."""
    if isinstance(value, tuple):
        value = f"{value[0]}-{value[1]}"
    if not isinstance(value, bool) and (match := _PORTS.match(str(value).strip())):
        low, high = int(match[1]), int(match[2] or match[1])
        if low <= high <= _HIGHEST_PORT:
            return low, high
    raise ValueError("write a port such as 443, or a range such as 8000-8100")


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


WrittenDuration = Annotated[str, Field(pattern=_DURATION.pattern)]
Duration = Annotated[float, BeforeValidator(parse_duration, json_schema_input_type=WrittenDuration)]
_WrittenPort = Annotated[int, Field(ge=0, le=_HIGHEST_PORT)]
_WrittenPorts = Annotated[str, Field(pattern=_PORTS.pattern)]
PortRange = Annotated[
    tuple[int, int],
    BeforeValidator(parse_ports, json_schema_input_type=_WrittenPort | _WrittenPorts),
]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]

# What a promise is about: the name of a store, service or environment, the address of a
# resource or module, its type, a pattern with `*` and `?`, or one of the words `anything`,
# `stores` and `internet`.
SUBJECT_PATTERN = r"^\S([^\r\n]{0,498}\S)?$"
Subject = Annotated[str, Field(pattern=SUBJECT_PATTERN)]
Patterns = Annotated[
    list[Subject], BeforeValidator(_listed, json_schema_input_type=Subject | list[Subject])
]


class Declared(BaseModel):
    """Base of everything declared: unknown keys are mistakes, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, strict=True)
