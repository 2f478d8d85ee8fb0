"""The promises of an estate on what Terraform has, and on what it would have."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caisson.cli.checked import Checked
from caisson.cli.reading import proved_together
from caisson.cli.terraform_input import Root as Read
from caisson.cli.terraform_input import configuration_files, read_root
from caisson.estate import promise_files
from caisson.plan.blast_radius import BlastRadius, blast_radius, keeping_data
from caisson.prove.changes import Change, changes
from caisson.targets.aws.applying import Planned
from caisson.terraform.read import part, topology_of_one
from caisson.terraform.roots import Part
from caisson.terraform.writing.promises import FILE as PROMISES

_ACCOUNT = "aws_organizations_account"


@dataclass(frozen=True, slots=True)
class Effect:
    """What the plans would do: to each root, and to each promise."""

    radius: Mapping[str, BlastRadius]
    checked: Checked
    changes: tuple[Change, ...]


def effect(folder: Path, planned: Iterable[Planned]) -> Effect:
    """Return what the plans do. A root that cannot be planned yet counts as it is written.

    Raises EstateErrors when something cannot be read.
    """
    every = tuple(planned)
    promised = promise_files.read(folder / PROMISES)
    before = {each.root.path: made for each in every if (made := _state(folder, each))}
    after = {each.root.path: _planned(folder, each) for each in every}
    checked = proved_together(after, promised)
    old = proved_together(before, promised).verdicts if before else ()
    return Effect(
        {
            each.root.path: radius_of(each, before.get(each.root.path))
            for each in every
            if each.document is not None
        },
        checked,
        changes(old, checked.verdicts),
    )


def _planned(folder: Path, planned: Planned) -> Part:
    at = folder / planned.root.path
    if planned.document is None:
        return read_root(Read(None, at))
    return part(str(at), planned.document, configuration_files(at), at.as_posix())


def _state(folder: Path, planned: Planned) -> Part | None:
    """Return what there is of a root; None when it has never been applied."""
    if planned.state is None:
        return None
    at = folder / planned.root.path
    return part(str(at), planned.state, configuration_files(at), at.as_posix())


def radius_of(planned: Planned, there: Part | None = None) -> BlastRadius:
    """Return what the plan of a root touches. `there` is what was read of its state, if it was."""
    if there is None and planned.state is not None:
        there = part(planned.root.path, planned.state)
    data = keeping_data(topology_of_one(there)) if there is not None else frozenset[str]()
    document = json.loads(planned.document or b"{}")
    return blast_radius(document, data | _accounts(document))


def _accounts(plan: Mapping[str, Any]) -> frozenset[str]:
    """Return the accounts of a plan: what leaves the organization takes all its data along."""
    changes = plan.get("resource_changes") or ()
    return frozenset(each["address"] for each in changes if each["type"] == _ACCOUNT)
