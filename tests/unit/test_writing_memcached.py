import json
from pathlib import Path

from writing_support import of_root, read_back, rendered


def test_each_place_has_a_cache_of_its_own_over_its_zones(tmp_path: Path) -> None:
    rendering = rendered(tmp_path)
    blocks = json.loads(of_root(rendering, "production/us/data")["memcached.tf.json"])["resource"]
    clusters = blocks["aws_elasticache_cluster"]
    assert list(clusters) == ["us_west_cache", "us_east_cache"]
    for each, region in zip(clusters.values(), ("us-west-2", "us-east-2"), strict=True):
        zones = each["preferred_availability_zones"]
        assert zones == [f"{region}{letter}" for letter in "abc"]
        assert (each["az_mode"], each["num_cache_nodes"]) == ("cross-az", len(zones))


def test_a_small_one_has_fewer_nodes_in_as_many_zones(tmp_path: Path) -> None:
    blocks = json.loads(of_root(rendered(tmp_path), "staging/us/data")["memcached.tf.json"])
    small = blocks["resource"]["aws_elasticache_cluster"]["us_west_cache"]
    assert small["num_cache_nodes"] == len(small["preferred_availability_zones"]) == 2


def test_what_is_asked_of_it_is_encrypted(tmp_path: Path) -> None:
    held = {each.id: each for each in read_back(rendered(tmp_path), "production/us/data").holdings}
    assert held["aws_elasticache_cluster.us_west_cache"].encrypted_in_transit
