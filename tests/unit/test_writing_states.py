"""The written states: every root keeps its own in a bucket that a root was written to make."""

import json
from pathlib import Path

from writing_support import of_root, planned, read_back, rendered

from caisson.terraform.writing.model import Block, Rendering, Root

_OF_A_BUCKET = (
    "aws_s3_bucket_lifecycle_configuration",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_versioning",
)


def _buckets(rendering: Rendering) -> dict[str, tuple[Root, Block]]:
    return {
        str(block.body["bucket"]): (root, block)
        for root in rendering.roots
        if root.bootstrap
        for block in root.blocks
        if block.type == "aws_s3_bucket"
    }


def test_every_state_lies_in_a_bucket_of_its_own_account(tmp_path: Path) -> None:
    rendering = rendered(tmp_path)
    buckets = _buckets(rendering)
    for root in rendering.roots:
        maker, block = buckets[root.state.bucket]
        (provider,) = (each for each in maker.providers if each.alias == block.provider)
        assert provider.region == root.state.region
        assert provider.account in {each.account for each in root.providers}
        assert rendering.roots.index(maker) <= rendering.roots.index(root)
    states = [(each.state.bucket, each.state.key) for each in rendering.roots]
    assert len(states) == len(set(states))


def test_the_states_of_an_area_lie_outside_of_its_regions(tmp_path: Path) -> None:
    plan, rendering = planned(tmp_path), rendered(tmp_path)
    for area in plan.areas:
        inside = f"{area.environment}/{area.jurisdiction}/"
        regions = {each.state.region for each in rendering.roots if each.path.startswith(inside)}
        assert regions == {plan.state_region(area.jurisdiction)}
        assert not regions & {place.aws for place in area.places}


def test_a_bucket_of_states_is_private_and_keeps_old_versions(tmp_path: Path) -> None:
    (state,) = (each for each in rendered(tmp_path).roots if each.path == "production/state")
    for bucket in ("us", "eu"):
        kinds = {each.type for each in state.blocks if each.name == bucket}
        assert set(_OF_A_BUCKET) <= kinds
        (rights,) = (
            each
            for each in state.blocks
            if each.address == f"data.aws_iam_policy_document.{bucket}"
        )
        denied = json.loads(json.dumps(rights.body["statement"]))
        assert {each["sid"] for each in denied} == {"OnlyTls", "OnlyThisAccount"}
        assert {each["effect"] for each in denied} == {"Deny"}


def test_no_bucket_of_states_is_read_by_everybody(tmp_path: Path) -> None:
    topology = read_back(rendered(tmp_path), "production/state")
    buckets = [each for each in topology.holdings if each.system == "s3"]
    assert len(buckets) == 2
    assert [each.public for each in buckets] == [False, False]
    assert [each.encrypted for each in buckets] == [True, True]


def test_the_backend_can_be_left_out_at_first_and_locks(tmp_path: Path) -> None:
    for root in rendered(tmp_path).roots:
        found = {
            name: json.loads(text)
            for name, text in of_root(rendered(tmp_path), root.path).items()
            if name.endswith(".tf.json")
        }
        backend = found.pop("backend.tf.json")["terraform"]["backend"]["s3"]
        assert backend["use_lockfile"] is True
        assert not any("backend" in each.get("terraform", {}) for each in found.values())
