"""The reference estate, run from a copy through the command line as anybody would."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

WORKSPACE = Path(__file__).resolve().parents[2] / "examples" / "workspace"
COMMAND_TIMEOUT_S = 180.0


class EstateError(Exception):
    """A caisson command did not do what the comparison needs; carries what it said."""


class DrillReport(BaseModel):
    """The part of a drill's JSON that is compared."""

    rto_s: float
    writes_acknowledged: int
    writes_lost: int


def caisson() -> Path:
    """The command beside the Python that runs this."""
    return Path(sys.executable).parent / "caisson"


@dataclass(frozen=True, slots=True)
class WorkspaceEstate:
    """A copy of examples/workspace in `folder`; `replication` is async as declared, or sync."""

    folder: Path
    replication: str = "async"

    def up(self) -> None:
        shutil.copytree(WORKSPACE, self.folder, ignore=shutil.ignore_patterns(".caisson"))
        declared = self.folder / "estate.yaml"
        text = declared.read_text("utf-8")
        declared.write_text(
            text.replace("replication: async", f"replication: {self.replication}"), "utf-8"
        )
        self.up_again()

    def up_again(self) -> None:
        done = self._run("up", "--detach")
        if done.returncode:
            raise EstateError(f"`caisson up` failed:\n{done.stderr[-2000:]}")

    def down(self) -> None:
        self._run("down")

    def drill(self, fault: str, subject: str) -> dict[str, Any]:
        """The whole report of a drill; EstateError when it was not carried through."""
        done = self._run("drill", fault, subject, "--json")
        report: dict[str, Any] = json.loads(done.stdout or "{}")
        if "rto_s" not in report:
            raise EstateError(f"`caisson drill` gave no figures:\n{done.stdout}\n{done.stderr}")
        return report

    def lose_region(self, region: str = "us-west") -> DrillReport:
        """Lose a region and fail back; exit code 1 (a promise is broken) is a result too."""
        done = self._run("drill", "lose-region", region, "--json")
        try:
            return DrillReport.model_validate_json(done.stdout)
        except ValidationError as error:
            said = f"{done.stdout[-1000:]}\n{done.stderr[-2000:]}\n{self._controller_log()}"
            raise EstateError(f"`caisson drill` gave no figures:\n{said}") from error

    def _controller_log(self) -> str:
        """Its end: the folder will be gone when somebody wants to look."""
        logs = sorted(self.folder.glob(".caisson/logs/controller*"))
        return "\n".join(log.read_text(errors="replace")[-3000:] for log in logs)

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [caisson(), *words],
            cwd=self.folder,
            # The estate starts its service with the `python` it finds first.
            env=os.environ | {"PATH": f"{caisson().parent}:{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_TIMEOUT_S,
        )
