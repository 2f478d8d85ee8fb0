"""Evidence: a measurement of a real thing, with how it was got and what it depends on."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from caisson.state.json_text import Json, JsonObject


class Fidelity(StrEnum):
    """How near to reality; tiers are never mixed."""

    PROOF = "proof"
    REHEARSAL = "rehearsal"
    CLOUD = "cloud"
    REAL = "real"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One measurement.

    `figures` carry their unit in their name (`rto_s`, `rpo_s`, `writes_lost`); None says that
    the measurement ended before the figure was reached: service that never came back has
    no `rto_s`. `fingerprint` is that of `subject` when it was measured.
    """

    at: float  # seconds since the epoch
    method: str  # such as "drill lose-region"
    subject: str  # such as "production/us-west"
    promises: tuple[str, ...]
    figures: Mapping[str, float | None]
    fidelity: Fidelity
    fingerprint: str
    drill: str  # id of the drill or operation that measured
    report: str | None = None  # path of the report

    def to_json(self) -> dict[str, Json]:
        return {
            "at": self.at,
            "method": self.method,
            "subject": self.subject,
            "promises": list(self.promises),
            "figures": dict(self.figures),
            "fidelity": self.fidelity.value,
            "fingerprint": self.fingerprint,
            "drill": self.drill,
            "report": self.report,
        }


def evidence_from_json(body: JsonObject) -> Evidence:
    """Read the body of a ledger entry of kind `evidence`; ValueError when it is not one."""
    report = body.get("report")
    return Evidence(
        at=_number(body, "at"),
        method=_text(body, "method"),
        subject=_text(body, "subject"),
        promises=_texts(body, "promises"),
        figures=_figures(body),
        fidelity=Fidelity(_text(body, "fidelity")),
        fingerprint=_text(body, "fingerprint"),
        drill=_text(body, "drill"),
        report=report if isinstance(report, str) else None,
    )


def _text(body: JsonObject, name: str) -> str:
    value = body.get(name)
    if isinstance(value, str):
        return value
    raise ValueError(f"evidence needs a text `{name}`")


def _number(body: JsonObject, name: str) -> float:
    value = body.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise ValueError(f"evidence needs a number `{name}`")


def _texts(body: JsonObject, name: str) -> tuple[str, ...]:
    value = body.get(name)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise ValueError(f"evidence needs a list of texts `{name}`")


def _figures(body: JsonObject) -> dict[str, float | None]:
    value = body.get("figures")
    if isinstance(value, dict):
        return {name: None if value[name] is None else _number(value, name) for name in value}
    raise ValueError("evidence needs an object `figures`")
