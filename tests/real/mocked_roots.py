"""A file beside a rendered root by which `terraform test` plans and makes it without any AWS.

Providers are mocked, and every block is overridden: with what AWS would say of it, and since what
is imported cannot be mocked otherwise. What other roots tell is overridden too. Terraform 1.11
cannot mock ephemeral resources, so a provider that makes some is the real one, which finds an AWS
that is none; it makes nothing else, since all else of it is overridden.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mocked_values import asked, tells, told

from caisson.terraform.writing.model import Form, Provider, Rendering, Root

FILE = "mocked.tftest.json"
PLANNED, MADE = "planned", "made"
_Json = dict[str, Any]


def mock(folder: Path, root: Root, rendering: Rendering) -> None:
    """Write the file that plans and makes a root of `folder`."""
    (folder / root.path / FILE).write_text(json.dumps(_document(root, rendering), indent=2))


def others(root: Root, rendering: Rendering) -> Mapping[str, Root]:
    """Return the roots that a root needs, by the names it calls them."""
    by_path = {each.path: each for each in rendering.roots}
    return {name: by_path[path] for name, path in root.needs.items()}


def _document(root: Root, rendering: Rendering) -> _Json:
    ephemeral = {each.provider for each in root.blocks if each.form is Form.EPHEMERAL}
    real = [_real(each) for each in root.providers if each.alias in ephemeral]
    mocked = [{"alias": each.alias} for each in root.providers if each.alias not in ephemeral]
    overridden = list(_overridden(root))
    return {
        "mock_provider": {"aws": mocked},
        "provider": {"aws": real},
        "override_data": [
            *_states(root, rendering),
            *(each for each in overridden if each["target"].startswith("data.")),
        ],
        "override_resource": [
            each for each in overridden if not each["target"].startswith("data.")
        ],
        "run": {PLANNED: {"command": "plan"}, MADE: {"command": "apply"}},
    }


def _real(provider: Provider) -> _Json:
    """Return a provider that asks AWS nothing of itself."""
    return {
        "alias": provider.alias,
        "region": provider.region,
        "skip_credentials_validation": True,
        "skip_metadata_api_check": True,
        "skip_requesting_account_id": True,
    }


def _states(root: Root, rendering: Rendering) -> Iterator[_Json]:
    for name, other in others(root, rendering).items():
        target = f"data.terraform_remote_state.{name}"
        yield {"target": target, "values": {"outputs": tells(other)}}


def _overridden(root: Root) -> Iterator[_Json]:
    attributes = asked(root)
    for each in root.blocks:
        if each.form is not Form.EPHEMERAL:
            values = {
                name: told(root, each.address, name)
                for name in attributes.get(each.address, ())
                if name not in each.body
            }
            yield {"target": each.address, "values": values}
