"""A change of one declared thing changes only the roots that it should, and renames keep things."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from aws_estates import Document, documents, estate_of, rendering_of
from caisson.terraform.writing.model import Block, Form, Rendering
from caisson.terraform.writing.text import files

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
MANY = settings(max_examples=8, suppress_health_check=SLOW)


def rendered(document: Document) -> Rendering:
    return rendering_of(estate_of(document))


def changed_roots(before: Document, after: Document) -> set[str]:
    """Return the roots of which any file differs."""
    old, new = files(rendered(before)), files(rendered(after))
    paths = {path for path in {**old, **new} if old.get(path) != new.get(path)}
    return {path.rpartition("/")[0] for path in paths if path.endswith(".tf.json")}


@MANY
@given(document=documents(), data=st.data())
def test_another_version_of_a_service(document: Document, data: st.DataObject) -> None:
    after = deepcopy(document)
    service = after["services"][data.draw(st.sampled_from(list(after["services"])))]
    service["image"] = f"{service['image'].rpartition(':')[0]}:9.9.9"
    changed = changed_roots(document, after)
    assert changed
    assert all(path.endswith("/services") for path in changed)


@MANY
@given(document=documents(), data=st.data())
def test_more_copies_of_a_service(document: Document, data: st.DataObject) -> None:
    after = deepcopy(document)
    service = after["services"][data.draw(st.sampled_from(list(after["services"])))]
    service["scale"] = {"least": 4, "most": 99}
    changed = changed_roots(document, after)
    assert changed
    assert all(path.endswith("/services") for path in changed)


@MANY
@given(document=documents())
def test_another_tenant(document: Document) -> None:
    after = deepcopy(document)
    after["tenants"]["newcomer"] = {"home": next(iter(after["jurisdictions"]))}
    # Services are told who their tenants are, and the edge where it sends their requests.
    changed = changed_roots(document, after)
    assert all(path.endswith(("/services", "/edge")) for path in changed)


@MANY
@given(document=documents(), data=st.data())
def test_another_size_of_an_environment(document: Document, data: st.DataObject) -> None:
    after = deepcopy(document)
    name = data.draw(st.sampled_from(list(after["environments"])))
    environment = after["environments"][name]
    environment["sizes"] = "normal" if environment["sizes"] == "small" else "small"
    assert all(path.startswith(f"{name}/") for path in changed_roots(document, after))


@MANY
@given(document=documents(), data=st.data())
def test_another_standby(document: Document, data: st.DataObject) -> None:
    """What one jurisdiction does is nothing to the networks, keys and data of another."""
    name = data.draw(st.sampled_from(list(document["jurisdictions"])))
    assume("standby" in document["jurisdictions"][name])
    after = deepcopy(document)
    after["promises"] = [each for each in after["promises"] if "when" not in each]
    del after["jurisdictions"][name]["standby"]
    # Sites take their ranges in order: written down, they stay where they are.
    before = deepcopy(document)
    for each in (before, after):
        each["aws"]["networks"] = _ranges(document)
    others = [each for each in document["jurisdictions"] if each != name]
    parts = ("keys", "network", "data")
    untouched = {f"{e}/{j}/{p}" for e in document["environments"] for j in others for p in parts}
    assert changed_roots(before, after) & untouched == set()


def _ranges(document: Document) -> dict[str, str]:
    sites = [
        f"{each}/{region}" for each in document["environments"] for region in document["regions"]
    ]
    return {site: f"10.{200 + number}.0.0/16" for number, site in enumerate(sites)}


@MANY
@given(document=documents(), data=st.data())
def test_a_renamed_store_stays_what_it_is(document: Document, data: st.DataObject) -> None:
    assume(document["stores"])
    name = data.draw(st.sampled_from(list(document["stores"])))
    before, after = deepcopy(document), deepcopy(document)
    before["stores"][name].pop("was", None)
    # One rename at a time: what is called by two names remembers one pair of them.
    for service in (*before["services"].values(), *after["services"].values()):
        service.pop("was", None)
    after["stores"] = {
        ("renamed" if key == name else key): ({**store, "was": name} if key == name else store)
        for key, store in before["stores"].items()
    }
    for store in after["stores"].values():
        if store.get("rebuildable") == {"from": name}:
            store["rebuildable"] = {"from": "renamed"}
    for service in after["services"].values():
        if name in service.get("uses", {}):
            service["uses"] = {
                ("renamed" if key == name else key): right for key, right in service["uses"].items()
            }
    for promise in after["promises"]:
        if promise.get("reach") == name:
            promise["reach"] = "renamed"
    assert list(_made_anew(rendered(before), rendered(after), KEEPING)) == []


# What keeps data, or could not be had again under its name at once.
KEEPING: Mapping[str, tuple[str, ...]] = {
    "aws_backup_vault": ("name",),
    "aws_cloudwatch_log_group": ("name",),
    "aws_db_instance": ("identifier", "db_name", "db_subnet_group_name"),
    "aws_db_subnet_group": ("name",),
    "aws_elasticache_cluster": ("cluster_id",),
    "aws_elasticache_global_replication_group": ("global_replication_group_id_suffix",),
    "aws_elasticache_replication_group": ("replication_group_id",),
    "aws_elasticache_subnet_group": ("name",),
    "aws_opensearch_domain": ("domain_name",),
    "aws_s3_bucket": ("bucket",),
    "aws_secretsmanager_secret": ("name",),
    "aws_security_group": ("name", "description"),
    "aws_subnet": ("cidr_block", "availability_zone"),
}


def _made_anew(
    before: Rendering, after: Rendering, keeping: Mapping[str, tuple[str, ...]]
) -> Iterator[str]:
    """Yield what a state has, and would have to be destroyed or made again."""
    new = {root.path: {each.address: each for each in root.blocks} for root in after.roots}
    for root in before.roots:
        moved = {f"{each.type}.{each.was}": each for each in new[root.path].values() if each.was}
        for block in root.blocks:
            if block.form is not Form.RESOURCE or block.type not in keeping:
                continue
            found = moved.get(block.address) or new[root.path].get(block.address)
            if found is None:
                yield f"{root.path}: {block.address} is gone"
            elif (old := _facts(block, keeping)) != _facts(found, keeping):
                yield f"{root.path}: {block.address} was {old}, is {_facts(found, keeping)}"


def _facts(block: Block, keeping: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    return {
        each: value
        for each in keeping[block.type]
        if "${" not in str(value := block.body.get(each))
    }
