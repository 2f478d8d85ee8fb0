"""One root in its folder, and what Terraform is told to do there.

Terraform ends when Caisson does, however that ends: it gets the signal of an interruption, upon
which it writes down what it has made and takes its providers with it.
"""

import ctypes
import json
import os
import re
import signal
import subprocess
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from caisson.targets.aws.program import Program
from caisson.targets.local.layout import write_whole

PLAN = "caisson.tfplan"
# Of files that override others, Terraform listens most to the last.
LOCAL_STATE = "zz_state_here_override.tf.json"
_KEPT_HERE = "terraform.tfstate"
_LOCALLY = '{"terraform": {"backend": {"local": {}}}}\n'
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)
_CHANGES = 2
# How long Terraform may take to write its state down once it was interrupted.
_ENDING_S = 60.0
_LOOKS_EVERY_S = 0.1
_PIECE = 65_536
_NO_STATE, _NO_OUTPUT = "Unable to find remote state", "Unsupported attribute"
_OUTPUTS = re.compile(r"data\.terraform_remote_state\.[^.]+\.outputs")
_NO_BUCKET = ("does not exist", "NoSuchBucket")

Says = Callable[[str], None]


class TerraformError(Exception):
    """Terraform ended with an error; the text is what it said."""


class NotAppliedError(Exception):
    """A root cannot be planned: one that it needs was never applied, or not as it is written."""


class NoBucketError(Exception):
    """The bucket that a root's state is to be kept in is not there."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A root's folder. `says` is given each line that a person may want to see."""

    program: Program
    folder: Path
    says: Says

    def init(self) -> None:
        """Get the providers and the state ready. Raises TerraformError and NoBucketError."""
        self._begin("init", "-input=false", "-no-color", "-reconfigure")

    def plan(self, *options: str) -> bool:
        """Make a plan and keep it in PLAN; return whether it changes anything.

        Raises NotAppliedError and TerraformError.
        """
        arguments = ("plan", "-input=false", "-json", "-detailed-exitcode", f"-out={PLAN}")
        return self._run(*arguments, *options, well=(0, _CHANGES)) == _CHANGES

    def planned(self) -> bytes:
        """Return the plan that was kept, as JSON."""
        return self._printed("show", "-json", PLAN)

    def state(self) -> bytes | None:
        """Return the state as it is kept; None when nothing is looked after in it."""
        kept = self._printed("state", "pull")
        return kept if kept.strip() and _resources(json.loads(kept)) else None

    def apply(self) -> None:
        """Carry the kept plan out. Raises TerraformError; what was made until then is known."""
        self._run("apply", "-input=false", "-json", PLAN)

    def settle(self) -> None:
        """Write down what there is; nothing is changed. Raises TerraformError.

        An apply keeps each resource as it was when it had been made. What came after, such as the
        versioning of a bucket, would look as if somebody had changed the bucket since.
        """
        self._run("apply", "-refresh-only", "-auto-approve", "-input=false", "-json")

    def forget(self, addresses: Collection[str]) -> None:
        """Leave these resources as they are and look after them no more. Raises TerraformError."""
        if not addresses:
            return
        known = self._printed("state", "list").decode().split()
        if here := [each for each in addresses if each in known]:
            self._begin("state", "rm", *here)

    @property
    def keeps_state_here(self) -> bool:
        """Whether the state lies in the folder until its bucket has been made."""
        return (self.folder / LOCAL_STATE).exists()

    def keep_state_here(self) -> None:
        write_whole(self.folder / LOCAL_STATE, _LOCALLY)

    def move_state_to_its_bucket(self) -> None:
        """Bring the state where the root says; done again, it does no harm."""
        (self.folder / LOCAL_STATE).unlink(missing_ok=True)
        self._begin("init", "-input=false", "-no-color", "-migrate-state", "-force-copy")
        # Terraform leaves it there, and would ask at the next `init` whether to copy it once more.
        (self.folder / _KEPT_HERE).unlink(missing_ok=True)

    def take_state_here(self) -> None:
        """Bring the state from its bucket into the folder."""
        self.keep_state_here()
        self._begin("init", "-input=false", "-no-color", "-migrate-state", "-force-copy")

    def _begin(self, *arguments: str) -> None:
        code, said = self._said(arguments)
        if code:
            text = "\n".join(said)
            if "bucket" in text and any(each in text for each in _NO_BUCKET):
                raise NoBucketError(str(self.folder))
            raise TerraformError(text[text.find("Error:") :] if "Error:" in text else text)

    def _run(self, *arguments: str, well: Sequence[int] = (0,)) -> int:
        code, said = self._said(arguments)
        if code not in well:
            errors = [told for line in said if (told := _error(line))]
            if errors and all(map(_waits, errors)):
                raise NotAppliedError(str(self.folder))
            last = said[-1] if said else f"it ended with {code}"
            raise TerraformError("\n".join(dict.fromkeys(map(_text, errors))) or last)
        return code

    def _said(self, arguments: Sequence[str]) -> tuple[int, list[str]]:
        said: list[str] = []
        with TemporaryFile() as output, self._started(arguments, output) as process:
            for line in map(str.rstrip, _lines(process, output)):
                if line:
                    said.append(line)
                    self.says(_message(line))
            return process.wait(), said

    def _printed(self, *arguments: str) -> bytes:
        done = subprocess.run(
            [self.program.path, *arguments],
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise TerraformError(done.stderr.decode(errors="replace"))
        return done.stdout

    @contextmanager
    def _started(
        self, arguments: Sequence[str], output: IO[bytes]
    ) -> Iterator["subprocess.Popen[bytes]"]:
        process = subprocess.Popen(
            [self.program.path, *arguments],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            # A file and not a pipe: when Caisson is killed, Terraform would be by its next line.
            stdout=output,
            stderr=subprocess.STDOUT,
            # An interruption at the terminal reaches Caisson alone, which passes it on once.
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509  nothing here has another thread
        )
        try:
            yield process
        finally:
            _end(process)

    def _environment(self) -> dict[str, str]:
        told = {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
        return {**os.environ, **told}


def _end_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)


def _lines(process: "subprocess.Popen[bytes]", output: IO[bytes]) -> Iterator[str]:
    """Yield the lines that a process writes into a file, until it has ended."""
    at, rest, ended = 0, b"", False
    while not ended:
        ended = _has_ended(process)
        while piece := os.pread(output.fileno(), _PIECE, at):
            at += len(piece)
            *whole, rest = (rest + piece).split(b"\n")
            yield from (each.decode(errors="replace") for each in whole)
    yield rest.decode(errors="replace")


def _has_ended(process: "subprocess.Popen[bytes]") -> bool:
    try:
        process.wait(_LOOKS_EVERY_S)
    except subprocess.TimeoutExpired:
        return False
    return True


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Interrupt Terraform if it still runs, and give it the time to write its state down."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_ENDING_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _spoken(line: str) -> dict[str, Any]:
    """Return what a line of `-json` holds; nothing when it is another line."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _resources(state: Mapping[str, Any]) -> bool:
    return any(each["mode"] == "managed" and each["instances"] for each in state["resources"])


def _message(line: str) -> str:
    return str(_spoken(line).get("@message", line))


def _error(line: str) -> dict[str, Any] | None:
    """Return an error that Terraform speaks of."""
    told = _spoken(line).get("diagnostic")
    return told if isinstance(told, dict) and told.get("severity") == "error" else None


def _text(error: Mapping[str, Any]) -> str:
    """Return an error in words, with the block that it is about."""
    where = f"{error['address']}: " if error.get("address") else ""
    return f"{where}{error.get('summary', '')}: {error.get('detail', '')}".rstrip(": ")


def _waits(error: Mapping[str, Any]) -> bool:
    """Return whether another root's state is not there, or lacks an output that is asked for."""
    if error.get("summary") != _NO_OUTPUT:
        return _NO_STATE in _text(error)
    read = (error.get("snippet") or {}).get("values") or ()
    return any(_OUTPUTS.fullmatch(str(each.get("traversal"))) for each in read)
