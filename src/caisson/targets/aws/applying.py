"""All roots of a rendering, one after another: planned, applied, compared, destroyed.

A root is planned only once those that it needs have been applied, since it reads what they made.
Interrupted at any point, the same order can be given again: what is as it should be is left.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from caisson.targets.aws.program import Program
from caisson.targets.aws.terraform import (
    NeverAppliedError,
    NoBucketError,
    Says,
    TerraformError,
    Workspace,
)
from caisson.terraform.writing.model import Rendering, Root
from caisson.terraform.writing.protection import VARIABLE, is_protected


class RootFailedError(Exception):
    """Terraform failed in one root; the text names it and says what Terraform said."""


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan of one root. `document` is its JSON, None when it cannot be planned yet.

    `state` is what was there before, as JSON, None when there was nothing. `waits_for` are the
    roots that it needs and that were never applied.
    """

    root: Root
    changes: bool
    document: bytes | None = None
    state: bytes | None = None
    waits_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applier:
    """What works through the roots of `rendering` in `folder`."""

    program: Program
    folder: Path
    rendering: Rendering
    says: Callable[[str, str], None]  # a root's path, and a line

    def plan(self, roots: Iterable[Root], *options: str) -> Iterator[Planned]:
        """Plan each of the roots in turn."""
        waiting: set[str] = set()
        for root in roots:
            planned = self.plan_one(root, waiting, *options)
            if planned.document is None:
                waiting.add(root.path)
            yield planned

    def plan_one(self, root: Root, waiting: set[str], *options: str) -> Planned:
        """Plan one root, unless one that it needs is among `waiting`."""
        if needed := tuple(each for each in root.needs.values() if each in waiting):
            return Planned(root, changes=True, waits_for=needed)
        workspace = self._workspace(root)
        try:
            self._ready(root, workspace)
            changes = workspace.plan(*options)
            return Planned(root, changes, workspace.planned(), workspace.state())
        except NoBucketError:
            missing = f"the bucket {root.state.bucket}, which {_maker(root, self.rendering)} makes"
            return Planned(root, changes=True, waits_for=(missing,))
        except NeverAppliedError:
            return Planned(root, changes=True, waits_for=tuple(root.needs.values()))
        except TerraformError as error:
            raise RootFailedError(f"{root.path}: {error}") from error

    def plan_to_destroy(self, root: Root) -> Planned:
        """Plan to destroy what a root has made.

        What it adopted, such as accounts, was there before and stays: it is forgotten, and
        adopted again should the root be applied again.
        """
        workspace = self._workspace(root)
        try:
            self._ready(root, workspace)
            workspace.forget(_adopted(root))
        except NoBucketError:
            return Planned(root, changes=False)
        except TerraformError as error:
            raise RootFailedError(f"{root.path}: {error}") from error
        return self.plan_one(root, set(), "-destroy")

    def apply(self, root: Root) -> None:
        """Carry out the plan that was made last of a root. Raises RootFailedError."""
        workspace = self._workspace(root)
        try:
            workspace.apply()
            if workspace.keeps_state_here:
                workspace.move_state_to_its_bucket()
        except TerraformError as error:
            raise RootFailedError(f"{root.path}: {error}") from error

    def destroy(self, root: Root) -> None:
        """Destroy what a root has made, its protection first. Raises RootFailedError.

        A root that makes the buckets of states takes its own state out of there before.
        """
        workspace = self._workspace(root)
        letting_go = [f"-var={VARIABLE}=false"] if is_protected(root) else []
        try:
            if letting_go and workspace.plan(*letting_go):
                workspace.apply()
            if root.bootstrap and not workspace.keeps_state_here:
                workspace.take_state_here()
            workspace.forget(_adopted(root))  # an apply adopts it again
            if workspace.plan("-destroy", *letting_go):
                workspace.apply()
        except TerraformError as error:
            raise RootFailedError(f"{root.path}: {error}") from error

    def _ready(self, root: Root, workspace: Workspace) -> None:
        """Initialise a root; that which makes the buckets keeps its state beside it at first."""
        try:
            workspace.init()
        except NoBucketError:
            if not root.bootstrap:
                raise
            workspace.keep_state_here()
            workspace.init()

    def _workspace(self, root: Root) -> Workspace:
        return Workspace(self.program, self.folder / root.path, self._of(root))

    def _of(self, root: Root) -> Says:
        return lambda line: self.says(root.path, line)


def _adopted(root: Root) -> list[str]:
    return [each.block.address for each in root.imports]


def _maker(root: Root, rendering: Rendering) -> str:
    """Return the root that makes the bucket of a root's state."""
    first = root.path.partition("/")[0]
    makers = [each.path for each in rendering.roots if each.bootstrap]
    return next((each for each in makers if each.startswith(f"{first}/")), " or ".join(makers))


def chosen(rendering: Rendering, only: Sequence[str]) -> tuple[Root, ...]:
    """Return the roots at or below the paths in `only`, all when there are none."""
    return tuple(
        root
        for root in rendering.roots
        if not only or any(root.path == each or root.path.startswith(f"{each}/") for each in only)
    )
