"""What is never applied to an emulator, by type of resource and with the reason."""

from collections.abc import Iterable, Mapping, Sequence
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
# Of the reference estate, but made zero times; and of what the reference estate lacks.
LEFT_OUT: Reasons = _GAPS["left_out"]
LACKING: Reasons = _GAPS["lacking"]
# The services that are asked of the other emulator.
MINISTACK: Sequence[str] = _GAPS["ministack"]
# Their provider is not in the mirror of the tests, so that Terraform cannot even plan them.
OTHERS = "datadog_"


def mocked_types() -> set[str]:
    """Return the types that are planned and made with mocked providers instead."""
    return {each for each in (*LEFT_OUT, *LACKING) if not each.startswith(OTHERS)}


def reference() -> Rendering:
    """Render the estate that is applied to emulators, all of its roots."""
    loaded = load(_HERE.parent / "examples" / "workspace")
    return render(loaded.estate, loaded.sources, resolve(loaded.estate, loaded.sources))


def types_of(renderings: Iterable[Rendering]) -> set[str]:
    """Return the types of resources in some renderings."""
    return {
        block.type
        for rendering in renderings
        for root in rendering.roots
        for block in root.blocks
        if block.form is Form.RESOURCE
    }
