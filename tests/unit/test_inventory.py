"""The inventory of a repository, as it is written and read again."""

from copy import deepcopy
from pathlib import Path

import pytest
import yaml
from estate_in_one_place import DOCUMENT

from caisson.estate.loading import load
from caisson.execute.inventories import texts_of
from caisson.execute.inventory import InventoryUnknown, inventory_of, read_inventory
from caisson.systems.pgbackrest.beside import BesideDamaged, opened, sealed
from caisson.topology.resolve import resolve

SCHEMA = "CREATE TABLE pages (id bigint, name text DEFAULT 'ö')"


def test_everything_that_a_restore_needs_is_there_again(tmp_path: Path) -> None:
    document = deepcopy(DOCUMENT)
    document["stores"]["blocks"] |= {
        "shards": 3,
        "schema": "sql/blocks.sql",
        "questions": [
            {"sql": "SELECT count(*) FROM pages", "is": ">= 1", "in": "some shard"},
            {"sql": "SELECT name FROM pages", "is": "= 'é'"},
            {"get": "/", "answers": 200},
        ],
    }
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql" / "blocks.sql").write_text(SCHEMA)
    (tmp_path / "estate.yaml").write_text(yaml.safe_dump(document))
    loaded = load(tmp_path)
    topology = resolve(loaded.estate, loaded.sources)
    written = inventory_of(
        topology,
        "production/us",
        versions={"postgres": "15.8"},
        files=texts_of(loaded),
        caisson="1",
        now=0.0,
    )
    read = read_inventory(opened(sealed(written.model_dump_json())))
    assert (read.estate, read.environment, read.jurisdiction) == ("shop", "production", "us")
    assert read.files == {
        "estate.yaml": (tmp_path / "estate.yaml").read_text(),
        "sql/blocks.sql": SCHEMA,
    }
    (blocks,) = read.stores
    assert (blocks.name, blocks.system, blocks.version, blocks.shards) == (
        *("blocks", "postgres"),
        *("15.8", 3),
    )
    (declared,) = topology.backed_up
    asked = [each.query() for each in blocks.questions]
    assert asked == [*declared.questions[:2], None]
    assert blocks.questions[2].text == "GET / of web: 200"


def test_a_changed_byte_and_another_form_are_told() -> None:
    text = sealed('{"form": 1, "estate": "shop"}')
    with pytest.raises(BesideDamaged):
        opened(text.replace("shop", "shoq"))
    with pytest.raises(InventoryUnknown, match="form"):
        read_inventory('{"form": 2}')
