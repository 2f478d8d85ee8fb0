"""Finding Terraform, or OpenTofu, of a version that what is written was tried with."""

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

_SECONDS = 30.0
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
# Write-only attributes and ephemeral values came with these.
LOWEST = (1, 11, 0)
BEYOND = (2, 0, 0)
_INSTALL = (
    "install it from https://developer.hashicorp.com/terraform/install,"
    " or OpenTofu from https://opentofu.org/docs/intro/install"
)


class ProgramError(Exception):
    """There is no program that could do it; the text says what to install."""


@dataclass(frozen=True, slots=True)
class Program:
    """`name` is `terraform` or `tofu`, `path` where it is."""

    name: str
    path: str
    version: str


def find(names: Sequence[str] = ("terraform", "tofu")) -> Program:
    """Return the first of the programs on the path that is of a version that fits.

    Raises ProgramError when there is none.
    """
    unfit: list[str] = []
    for name in names:
        path = shutil.which(name)
        if path is None:
            continue
        version = _version(path)
        if version is not None and LOWEST <= _numbers(version) < BEYOND:
            return Program(name, path, version)
        unfit.append(f"{path} is version {version or 'unknown'}")
    wanted = f"{_dotted(LOWEST)} or newer, below {_dotted(BEYOND)}"
    found = "; ".join(unfit) or f"there is no {' and no '.join(names)} on the path"
    raise ProgramError(f"{found}; version {wanted} is needed: {_INSTALL}")


def _version(path: str) -> str | None:
    try:
        done = subprocess.run(
            [path, "version", "-json"],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=True,
        )
        told = json.loads(done.stdout).get("terraform_version")
    except (OSError, subprocess.SubprocessError, ValueError, AttributeError):
        return None
    return told if isinstance(told, str) else None


def _numbers(version: str) -> tuple[int, ...]:
    found = _VERSION.match(version)
    return tuple(int(each) for each in found.groups()) if found else ()


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
