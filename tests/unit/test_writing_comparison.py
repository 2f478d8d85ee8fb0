"""In what two environments of a rendering differ."""

from pathlib import Path

import pytest

from caisson.estate.loading import load
from caisson.terraform.writing.comparison import Differing, differing
from caisson.terraform.writing.render import plan_of, render
from caisson.topology.resolve import resolve

ESTATE = """\
estate: shop
jurisdictions: {eu: {home: one}}
regions: {one: {jurisdiction: eu, aws: eu-central-1}}
stores: {orders: {system: postgres}}
services: {web: {run: [web], image: "shop/web:1.0", uses: {orders: write}}}
environments: {production: {}, staging: {SETTINGS}}
aws:
  accounts: {management: "111111111111", security: "222222222222",
             production: "333333333333", staging: "444444444444"}
  owner: team@shop.example
  email: aws+{account}@shop.example
  domain: shop.example
"""


def found(folder: Path, settings: str) -> tuple[Differing, ...]:
    (folder / "estate.yaml").write_text(ESTATE.replace("SETTINGS", settings))
    loaded = load(folder)
    topology = resolve(loaded.estate, loaded.sources)
    arguments = (loaded.estate, loaded.sources, topology)
    return differing(render(*arguments), plan_of(*arguments), "production", "staging")


def test_names_accounts_and_addresses_are_no_difference(tmp_path: Path) -> None:
    assert found(tmp_path, "") == ()


@pytest.mark.parametrize(
    ("address", "attribute"),
    [("aws_db_instance.one_orders", "instance_class"), ("aws_vpc_endpoint.one_logs", "subnet_ids")],
)
def test_sizes_show_in_the_settings_that_they_come_to(
    tmp_path: Path, address: str, attribute: str
) -> None:
    every = {each.address: each for each in found(tmp_path, "sizes: small")}
    here, there = every[address].attributes[attribute]
    assert here is not None
    assert here != there


def test_what_only_one_has_is_said_to_be_its_own(tmp_path: Path) -> None:
    alone = {each.address: each.only for each in found(tmp_path, "sizes: small") if each.only}
    assert alone["aws_nat_gateway.one_nat_b"] == "production"
    assert "staging" not in alone.values()
