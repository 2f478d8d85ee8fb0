"""What has no `was`: a rename of a place ends before anything is destroyed, as the docs say."""

from pathlib import Path

import pytest
from writing_support import ESTATE, rendered

from caisson.terraform.writing.model import Form, Root


def roots(folder: Path, text: str = ESTATE) -> dict[str, Root]:
    return {each.path: each for each in rendered(folder, text).roots}


REGION = ESTATE.replace("us-west", "us-pacific").replace("us-pacific-2", "us-west-2")
JURISDICTION = (
    ESTATE.replace("us: {home", "america: {home")
    .replace("jurisdiction: us,", "jurisdiction: america,")
    .replace("[us]", "[america]")
)


@pytest.mark.parametrize(
    ("text", "first"), [(REGION, "production/base"), (JURISDICTION, "production/state")]
)
def test_terraform_ends_where_a_provider_is_gone(tmp_path: Path, text: str, first: str) -> None:
    """It plans nothing in a root whose state has what only that provider could destroy."""
    before, after = roots(tmp_path), roots(tmp_path, text)
    stopped = [
        path
        for path, root in before.items()
        if path in after and _orphaned(root) - {each.alias for each in after[path].providers}
    ]
    assert stopped[0] == first


def _orphaned(root: Root) -> set[str]:
    """Return the providers that a state of this root names."""
    return {each.provider for each in root.blocks if each.form is Form.RESOURCE}


def test_an_environment_that_is_renamed_is_another_account(tmp_path: Path) -> None:
    before = roots(tmp_path)
    after = roots(tmp_path, ESTATE.replace("staging", "stage"))
    gone = {each.address for each in before["organization"].blocks} - {
        address for each in after["organization"].blocks for address in each.addresses
    }
    assert "aws_organizations_account.staging" in gone
