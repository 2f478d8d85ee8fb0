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
    after.get("backups", {}).pop(name, None)  # they lie where the standby was
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
    before = _without_was(document, "stores", name)
    after = _renamed(before, "stores", name)
    assert list(_made_anew(rendered(before), rendered(after))) == []


@MANY
@given(document=documents(), data=st.data())
def test_a_renamed_service_stays_what_it_is(document: Document, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(list(document["services"])))
    before = _without_was(document, "services", name)
    after = _renamed(before, "services", name)
    assert list(_made_anew(rendered(before), rendered(after))) == []


@MANY
@given(document=documents(), data=st.data())
def test_a_store_and_its_service_are_renamed(document: Document, data: st.DataObject) -> None:
    """At once, or one after the other: whatever was applied last, nothing is lost of it."""
    pairs = [
        (store, service)
        for service, each in document["services"].items()
        for store in each.get("uses", {})
    ]
    assume(pairs)
    store, service = data.draw(st.sampled_from(pairs))
    first = _without_was(_without_was(document, "stores", store), "services", service)
    of_store = _renamed(first, "stores", store)
    of_service = _renamed(first, "services", service)
    both = rendered(_renamed(of_store, "services", service))
    assert list(_made_anew(rendered(first), both)) == []
    assert list(_made_anew(rendered(of_store), both)) == []
    assert list(_made_anew(rendered(of_service), both)) == []


def _without_was(document: Document, section: str, name: str) -> Document:
    """Return the estate in which one thing has had no other name; others may have had."""
    found = deepcopy(document)
    found[section][name].pop("was", None)
    return found


def _renamed(document: Document, section: str, name: str) -> Document:
    """Return the estate with another name of a thing, wherever it is named, and `was` in it."""
    new = f"renamed-{section.removesuffix('s')}"
    found = deepcopy(document)
    found[section] = _with(found[section], name, new)
    found[section][new]["was"] = name
    for store in found["stores"].values():
        if section == "stores" and store.get("rebuildable") == {"from": name}:
            store["rebuildable"] = {"from": new}
    for service in found["services"].values():
        if section == "stores" and "uses" in service:
            service["uses"] = _with(service["uses"], name, new)
    for promise in found["promises"]:
        if section == "stores" and promise.get("reach") == name:
            promise["reach"] = new
        elif section == "services" and "from" in promise:
            promise["from"] = [new if each == name else each for each in promise["from"]]
    return found


def _with(named: Document, name: str, new: str) -> Document:
    return {(new if key == name else key): value for key, value in named.items()}


# What keeps data, or could not be had again under its name at once.
KEEPING: Mapping[str, tuple[str, ...]] = {
    "aws_backup_vault": ("name",),
    "aws_cloudwatch_log_group": ("name",),
    "aws_db_instance": ("identifier", "db_name", "db_subnet_group_name"),
    "aws_db_proxy": ("name",),
    "aws_db_subnet_group": ("name",),
    "aws_elasticache_cluster": ("cluster_id",),
    "aws_elasticache_global_replication_group": ("global_replication_group_id_suffix",),
    "aws_elasticache_replication_group": ("replication_group_id",),
    "aws_elasticache_subnet_group": ("name",),
    "aws_elasticache_user": ("user_id", "user_name"),
    "aws_iam_role": ("name",),
    "aws_opensearch_domain": ("domain_name",),
    "aws_s3_bucket": ("bucket",),
    "aws_secretsmanager_secret": ("name",),
    "aws_security_group": ("name", "description"),
    "aws_subnet": ("cidr_block", "availability_zone"),
    "aws_vpc_security_group_egress_rule": (),
    "aws_vpc_security_group_ingress_rule": (),
}


def _made_anew(before: Rendering, after: Rendering) -> Iterator[str]:
    """Yield what a state has, and would have to be destroyed or made again."""
    new = {root.path: {each.address: each for each in root.blocks} for root in after.roots}
    for root in before.roots:
        moved = {old: each for each in new[root.path].values() for old in each.addresses}
        for block in root.blocks:
            if block.form is not Form.RESOURCE or block.type not in KEEPING:
                continue
            found = moved.get(block.address)
            if found is None:
                yield f"{root.path}: {block.address} is gone"
            elif (old := _facts(block)) != _facts(found):
                yield f"{root.path}: {block.address} was {old}, is {_facts(found)}"


def _facts(block: Block) -> dict[str, Any]:
    return {
        each: value
        for each in KEEPING[block.type]
        if "${" not in str(value := block.body.get(each))
    }
