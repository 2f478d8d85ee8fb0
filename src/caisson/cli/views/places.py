"""Places in files, as a person wants to read them."""

import os
import re
from pathlib import Path

from caisson.cli.checked import Checked
from caisson.topology.model import Source

_PLACE = re.compile(r"(?<![^\s(])(/[^\s():]+):(\d+)")


def near(source: Source | None, one: Checked) -> str:
    """Return a place from the current folder, else from that of the configuration.

    Empty when it tells no more than that something is in the document that was read, or among
    Caisson's defaults.
    """
    if source is None or source.file in one.documents:
        return ""
    file = Path(source.file)
    if not file.is_absolute():
        return str(source)
    ways = [os.path.relpath(file, folder) for folder in one.folders]
    if file.is_relative_to(Path.cwd()):
        ways = [os.path.relpath(file)]
    return f"{min([*ways, str(file)], key=len)}:{source.line}"


def shortened(text: str, one: Checked) -> str:
    """Return a sentence with the places in it as `near` tells them."""
    return _PLACE.sub(lambda found: near(Source(found[1], int(found[2])), one) or found[0], text)
