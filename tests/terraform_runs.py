"""Terraform itself, its AWS provider and an AWS that is none, for tests that need a real plan."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

USUAL = (
    "~/.terraform.d/plugins",
    "~/.local/share/terraform/plugins",
    "/usr/local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
    "/opt/*",
)
PROVIDER = "registry.terraform.io/hashicorp/aws"
MISSING = (
    f"no folder with {PROVIDER} was found: set CAISSON_TERRAFORM_PLUGINS to a filesystem mirror,"
    " as `terraform providers mirror FOLDER` makes it"
)
LONGEST_S = 240.0
_UNCHECKED = '  dev_overrides {{\n    "hashicorp/aws" = {}\n  }}\n'


def mirror() -> Path:
    """The folder of providers; without one, the test fails and says what to set."""
    told = os.environ.get("CAISSON_TERRAFORM_PLUGINS")
    folders = [told] if told else USUAL
    for folder in folders:
        whole = Path(folder).expanduser()
        for each in Path("/").glob(str(whole).lstrip("/")):
            if (each / PROVIDER).is_dir():
                return each
    pytest.fail(MISSING, pytrace=False)


def program() -> str:
    found = shutil.which("terraform")
    if found is None:
        pytest.fail("terraform is not on the path: install it, 1.5 or newer", pytrace=False)
    return found


@dataclass(frozen=True)
class Terraform:
    """A copy of an estate, and how Terraform is run there. Nothing is downloaded."""

    folder: Path
    environment: dict[str, str]

    def run(self, *arguments: str, well: tuple[int, ...] = (0,)) -> str:
        """Return what it prints; fail with it when it does not end well. Nothing stays behind."""
        process = subprocess.Popen(
            (program(), *arguments),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            printed, told = process.communicate(timeout=LONGEST_S)
        finally:
            _end(process)
        if process.returncode not in well:
            pytest.fail(f"terraform {arguments[0]}: {told[-3000:]}", pytrace=False)
        return printed

    def shown(self, *what: str) -> dict[str, Any]:
        return json.loads(self.run("show", "-json", *what))  # type: ignore[no-any-return]


def _end(process: "subprocess.Popen[str]") -> None:
    """The provider is a process of its own, in the same group."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def offline(estate: Path, folder: Path) -> Terraform:
    """Return Terraform in a copy of an estate that needs no provider."""
    return _initialised(estate, folder, "", {})


def without_network(folder: Path, home: Path, *, unchecked: bool = False) -> Terraform:
    """Return Terraform in a folder, with the providers of the mirror and nothing downloaded.

    `unchecked` spares the checksum of the 700 MB of AWS's provider at each command, which is a
    third of what a short one costs; Terraform then says so, as a warning, in what it prints.
    """
    _settle(home, _from_mirror(_UNCHECKED if unchecked else ""))
    return Terraform(folder, _environment(home))


def prepared(estate: Path, folder: Path, endpoint: str) -> Terraform:
    """Return Terraform in a copy of the estate, initialised, with AWS at `endpoint`."""
    environment = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "2",
        "NO_PROXY": "127.0.0.1",
    }
    return _initialised(estate, folder, _from_mirror(), environment)


def _settle(home: Path, settings: str) -> None:
    """Write Terraform's settings at once: another Terraform of the same home may be reading."""
    with tempfile.NamedTemporaryFile("w", dir=home, delete=False) as file:
        file.write(settings)
    Path(file.name).replace(home / "terraform.rc")


def _from_mirror(more: str = "") -> str:
    """Return settings by which Terraform takes providers from the mirror alone."""
    unpacked = sorted((mirror() / PROVIDER).glob("*/*/"))
    return (
        "provider_installation {\n"
        f"{more.format(json.dumps(str(unpacked[-1]))) if unpacked else ''}"
        f"  filesystem_mirror {{\n    path    = {json.dumps(str(mirror()))}\n"
        '    include = ["*/*"]\n  }\n'
        "}\n"
    )


def _initialised(
    estate: Path, folder: Path, settings: str, environment: dict[str, str]
) -> Terraform:
    shutil.copytree(estate, folder / "estate")
    _settle(folder, settings)
    terraform = Terraform(folder / "estate", _environment(folder) | environment)
    terraform.run("init", "-input=false", "-no-color")
    return terraform


def _environment(home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TF_CLI_CONFIG_FILE": str(home / "terraform.rc"),
        "TF_IN_AUTOMATION": "1",
        "CHECKPOINT_DISABLE": "1",
        # Half of its time would go into collecting garbage, of which there is little. There is a
        # process of the provider for each region, and each may take as much as this.
        "GOGC": "off",
        "GOMEMLIMIT": "512MiB",
    }
