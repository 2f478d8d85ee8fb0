"""What is applied to emulators, and what never is, by type of resource and with the reason."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from caisson.estate.loading import load
from caisson.terraform.writing.model import Form, Rendering
from caisson.terraform.writing.render import render
from caisson.topology.resolve import resolve

_HERE = Path(__file__).parent
_GAPS: Mapping[str, Any] = yaml.safe_load((_HERE / "emulated" / "emulated.yaml").read_text())
Reasons = Mapping[str, str]
# Of the estates that are lived, but made zero times; and of what these estates lack.
LEFT_OUT: Reasons = _GAPS["left_out"]
LACKING: Reasons = _GAPS["lacking"]
# What a second plan would change nevertheless: attributes by type.
READ_BACK_WRONGLY: Mapping[str, Sequence[str]] = _GAPS["read_back_wrongly"]
# The services that are asked of the other emulator.
MINISTACK: Sequence[str] = _GAPS["ministack"]
# Their provider is not in the mirror of the tests, so that Terraform cannot even plan them.
OTHERS = "datadog_"


@dataclass(frozen=True)
class Lived:
    """An estate that is lived on emulators. `emulated.yaml` says what the fields are."""

    estate: Path
    network: str
    measured: frozenset[str]
    another_port: Mapping[str, frozenset[str]]
    at_once: int

    def rendering(self) -> Rendering:
        return rendered(self.estate)


def rendered(estate: Path) -> Rendering:
    """Render the estate in a folder."""
    loaded = load(estate)
    return render(loaded.estate, loaded.sources, resolve(loaded.estate, loaded.sources))


def _lived(told: Mapping[str, Any]) -> Lived:
    return Lived(
        _HERE.parent / told["estate"],
        told["network"],
        frozenset(told["measured"]),
        {path: frozenset(types) for path, types in told["another_port"].items()},
        told["at_once"],
    )


LIVED: Mapping[str, Lived] = {name: _lived(each) for name, each in _GAPS["lived"].items()}


def mocked_types() -> set[str]:
    """Return the types that are planned and made with mocked providers instead."""
    return {each for each in (*LEFT_OUT, *LACKING) if not each.startswith(OTHERS)}


def types_of(renderings: Iterable[Rendering]) -> set[str]:
    """Return the types of resources in some renderings."""
    return {
        block.type
        for rendering in renderings
        for root in rendering.roots
        for block in root.blocks
        if block.form is Form.RESOURCE
    }
