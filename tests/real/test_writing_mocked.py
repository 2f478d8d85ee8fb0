"""What no emulator can make is planned and made by the real Terraform, with mocked providers.

`tests/emulated/emulated.yaml` says which types these are.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from mocked_choice import Chosen, chosen
from mocked_claims import problems
from mocked_facts import FACTS
from mocked_roots import mock
from mocked_run import Made, made

from aws_estates import estate_of, rendering_of
from caisson.terraform.writing.model import Block, Part, Rendering
from caisson.terraform.writing.text import files
from emulated_gaps import mocked_types
from moto_served import served
from whole_estate import ALONE

TYPES = {*mocked_types(), *FACTS}
DATA = "production/us/data"
# What `_changed` does otherwise than it was rendered, as it is found.
FOUND = {
    ("aws_backup_vault_lock_configuration", "is not planned once"),
    ("aws_backup_vault_lock_configuration", "is not made once"),
    ("aws_backup_vault_lock_configuration", "is not rendered"),
    ("aws_opensearch_domain", "encrypt_at_rest.kms_key_id is"),
    ("aws_opensearch_domain", "encrypt_at_rest.kms_key_id names"),
    ("aws_opensearch_domain", "node_to_node_encryption.enabled is"),
}
OPEN = {
    "encrypt_at_rest": {"enabled": True, "kms_key_id": "${aws_iam_role.backup.arn}"},
    "node_to_node_encryption": {"enabled": False},
}


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with served() as address:
        yield address


@pytest.mark.parametrize("each", chosen(TYPES), ids=str)
def test_what_no_emulator_makes_is_planned_and_made(each: Chosen, tmp_path: Path, aws: str) -> None:
    there = written(each.rendering, each.root.path, tmp_path, aws)
    assert problems(each.root, each.rendering, there, TYPES) == []


def test_what_is_made_otherwise_than_rendered_is_found(tmp_path: Path, aws: str) -> None:
    rendering = rendering_of(estate_of(ALONE))
    root = next(each for each in rendering.roots if each.path == DATA)
    changed = replace(root, parts=tuple(_changed(root.parts)))
    roots = tuple(changed if each is root else each for each in rendering.roots)
    there = written(replace(rendering, roots=roots), DATA, tmp_path, aws)
    found = {_without_values(each) for each in problems(root, rendering, there, TYPES)}
    assert found == FOUND


def _without_values(problem: str) -> tuple[str, str]:
    """Return the type of which something is wrong, and what, as far as it is not of one thing."""
    address, said = problem.split(": ", 1)
    return address.partition(".")[0], re.sub(r" (is|names) (?!not ).*", r" \1", said)


def _changed(parts: Iterable[Part]) -> Iterator[Part]:
    for part in parts:
        match part:
            case Block(type="aws_backup_vault_lock_configuration"):
                yield replace(part, body={**part.body, "count": 2})
            case Block(type="aws_opensearch_domain"):
                yield replace(part, body={**part.body, **OPEN})
            case _:
                yield part


def written(rendering: Rendering, path: str, folder: Path, aws: str) -> Made:
    """Return what comes of a root of a rendering."""
    for name, text in files(rendering).items():
        if name.startswith(f"{path}/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
    root = next(each for each in rendering.roots if each.path == path)
    mock(folder, root, rendering)
    return made(folder / path, folder, aws)
