"""All roots of a rendering, one after another: planned, applied, compared, destroyed.

A root is planned only once those that it needs have been applied, since it reads what they made.
Interrupted at any point, the same order can be given again: what is as it should be is left.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from caisson.targets.aws.program import Program
from caisson.targets.aws.states import addresses, state_before
from caisson.targets.aws.terraform import (
    NoBucketError,
    NotAppliedError,
    Says,
    TerraformError,
    Workspace,
)
from caisson.terraform.writing.model import Form, Rendering, Root
from caisson.terraform.writing.protection import VARIABLE, is_protected


class RootFailedError(Exception):
    """Terraform failed in one root; the text names it and says what Terraform said."""


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan of one root. `document` is its JSON, None when it cannot be planned yet.

    `state` is what there was when it was made, as JSON, None when there was nothing. `waits_for`
    are the roots that it needs and that were not applied as they are written.
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
            return self._planned(root, workspace, *options)
        except NoBucketError:
            missing = f"the bucket {root.state.bucket}, which {_maker(root, self.rendering)} makes"
            return Planned(root, changes=True, waits_for=(missing,))
        except TerraformError as error:
            raise RootFailedError(f"{root.path}: {error}") from error

    def kept(self, root: Root) -> bytes | None:
        """Return the state that is kept of a root; None when there is nothing of it."""
        workspace = self._workspace(root)
        try:
            self._ready(root, workspace)
            return workspace.state()
        except NoBucketError:
            return None
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
            if workspace.state() is None:
                return Planned(root, changes=False)
            workspace.forget(_adopted(root))
            return self._planned(root, workspace, "-destroy")
        except NoBucketError:
            return Planned(root, changes=False)
        except TerraformError as error:
            raise RootFailedError(f"{root.path}: {error}") from error

    def apply(self, root: Root) -> None:
        """Carry out the plan that was made last of a root. Raises RootFailedError."""
        workspace = self._workspace(root)
        try:
            workspace.apply()
            workspace.settle()
            if workspace.keeps_state_here:
                workspace.move_state_to_its_bucket()
        except TerraformError as error:
            raise RootFailedError(f"{root.path}: {error}") from error

    def destroy(self, planned: Planned) -> None:
        """Carry out the plan to destroy that was made last. Raises RootFailedError.

        Protection is taken off before, and a root that makes the buckets of states takes its own
        out of there. Either makes the plan a stale one, and it is made anew.
        """
        root = planned.root
        workspace = self._workspace(root)
        try:
            anew = self._let_go(planned, workspace)
            if root.bootstrap and not workspace.keeps_state_here:
                workspace.take_state_here()
                anew = True
            if not anew or workspace.plan("-destroy"):
                workspace.apply()
        except TerraformError as error:
            raise RootFailedError(f"{root.path}: {error}") from error

    def _let_go(self, planned: Planned, workspace: Workspace) -> bool:
        """Take off the protection of what there is; return whether another plan was made for it.

        Nothing else of the root is touched, which may have been applied only in part.
        """
        targets = _protected(planned)
        if targets and workspace.plan(f"-var={VARIABLE}=false", *targets):
            workspace.apply()
        return bool(targets)

    def _planned(self, root: Root, workspace: Workspace, *options: str) -> Planned:
        try:
            changes = workspace.plan(*options)
        except NotAppliedError:
            return Planned(root, changes=True, waits_for=tuple(root.needs.values()))
        document = workspace.planned()
        return Planned(root, changes, document, state_before(document))

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


def _protected(planned: Planned) -> list[str]:
    """Return the options by which Terraform looks only at what is there and protected.

    What was renamed is looked at too, since Terraform refuses to leave that half done.
    """
    there = addresses(planned.state)
    resources = [each for each in planned.root.blocks if each.form is Form.RESOURCE]
    found = [each.address for each in resources if is_protected(each) and each.address in there]
    renamed = [address for each in resources if each.was for address in each.addresses]
    return [f"-target={each}" for each in (*found, *renamed)] if found else []


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
