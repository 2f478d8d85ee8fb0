"""Finding and loading an estate, and what its parts' places are."""

import os
from pathlib import Path

import pytest

from caisson.estate.loading import Loaded, find, load
from caisson.estate.mistakes import EstateErrors, Mistake
from caisson.estate.model import LoseRegion, RebuildFrom, Residency
from caisson.estate.sources import Source

ESTATES = Path(__file__).parents[1] / "estates"
WORKSPACE = Path(__file__).parents[2] / "examples" / "workspace"


def mistakes_of(path: Path) -> tuple[Mistake, ...]:
    with pytest.raises(EstateErrors) as raised:
        load(path)
    return raised.value.mistakes


def only_mistake(path: Path) -> Mistake:
    (mistake,) = mistakes_of(path)
    return mistake


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "estate.yaml"


def test_the_reference_estate_loads() -> None:
    loaded = load(WORKSPACE / "estate.yaml")
    assert loaded.root == WORKSPACE
    assert loaded.estate.jurisdictions["eu"].standby == "eu-west"
    assert [type(promise).__name__ for promise in loaded.estate.promises] == [
        "LoseRegion",
        "Residency",
        "Residency",
        "Isolation",
        "Reach",
        "Restore",
    ]
    lose, stay = loaded.estate.promises[:2]
    assert isinstance(lose, LoseRegion)
    assert (lose.rpo, lose.rto, lose.verified_every) == (5.0, 60.0, 7 * 86400.0)
    assert isinstance(stay, Residency)
    assert stay.stays_in == "eu"


def test_every_key_path_has_its_place() -> None:
    file = WORKSPACE / "estate.yaml"
    sources = load(file).sources
    lines = file.read_text().splitlines()

    def text_at(source: Source) -> str:
        return lines[source.line - 1][source.column - 1 :]

    assert text_at(sources.at("stores", "blocks")).startswith("blocks:")
    assert text_at(sources.at("stores", "blocks", "shards")).startswith("shards: 4")
    assert text_at(sources.at("promises", 1)).startswith("{name: eu-stays-in-eu")
    assert text_at(sources.at("promises", 1, "data stays in")).startswith("data stays in: eu")
    assert sources.at("stores", "cache", "shards") == sources.at("stores", "cache")
    assert sources.at("stores", "blocks").file == str(file)


def test_words_that_are_truth_values_in_older_yaml_are_names() -> None:
    estate = load(ESTATES / "norway.yaml").estate
    assert estate.estate == "on"
    assert estate.jurisdictions["no"].home == "off"
    assert estate.regions["off"].aws == "2024-01-01"
    assert (estate.regions["y"].aws, estate.regions["y"].gcp) == ("1:30", "5")
    assert estate.regions["y"].azure is None
    assert set(estate.tenants) == {"null", "true"}


def test_an_alias_stands_for_what_its_anchor_names() -> None:
    loaded = load(ESTATES / "norway.yaml")
    assert loaded.estate.stores["more"] == loaded.estate.stores["blocks"]
    assert loaded.estate.stores["more"].shards == 16
    assert loaded.sources.at("stores", "more").line == 10


def test_a_folder_with_an_estate_file_is_that_file(file: Path) -> None:
    file.write_text("estate: shop\n")
    (file.parent / "other.yaml").write_text("not: an estate\n")
    assert load(file.parent).estate.estate == "shop"


def test_the_files_of_a_folder_are_one_estate(tmp_path: Path) -> None:
    (tmp_path / "b.yml").write_text(
        "stores:\n  search: {system: opensearch, rebuildable: {from: blocks}}\n"
        "promises:\n  - {name: two, restore: search, within: 1h}\n"
    )
    (tmp_path / "a.yaml").write_text(
        "estate: shop\nstores:\n  blocks: {system: postgres}\n"
        "promises:\n  - {name: one, restore: blocks, within: 1h}\n"
    )
    (tmp_path / "notes.txt").write_text("stores: nothing to see here\n")
    loaded = load(tmp_path)
    assert isinstance(loaded.estate.stores["search"].rebuildable, RebuildFrom)
    assert [promise.name for promise in loaded.estate.promises] == ["one", "two"]
    assert loaded.sources.at("promises", 1) == Source(str(tmp_path / "b.yml"), 4, 5)
    assert loaded.root == tmp_path


def test_what_two_files_both_declare_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("estate: shop\nstores:\n  blocks: {system: postgres}\n")
    (tmp_path / "b.yaml").write_text("estate: shop\nstores:\n  blocks: {system: redis}\n")
    first, second = mistakes_of(tmp_path)
    assert first.what == f"`estate` is written twice, first at {tmp_path / 'a.yaml'}:1"
    assert second.source == Source(str(tmp_path / "b.yaml"), 3, 3)
    assert "`blocks` is written twice" in second.what


def test_unreadable_files_of_a_folder_are_all_reported(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("estate: [\n")
    (tmp_path / "b.yaml").write_text("{{\n")
    assert {Path(m.source.file).name for m in mistakes_of(tmp_path)} == {"a.yaml", "b.yaml"}


def test_find_takes_the_estate_of_the_current_folder(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    with pytest.raises(EstateErrors, match="in the current folder"):
        find()
    file.write_text("estate: shop\n")
    assert find() == Path("estate.yaml")
    assert load(find()).sources.whole.file == "estate.yaml"
    with pytest.raises(EstateErrors, match="no such file or folder"):
        find(Path("elsewhere"))


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        pytest.param(b"", 1, "the file is empty", id="empty"),
        pytest.param(b"# nothing but a comment\n", 1, "the file is empty", id="comment"),
        pytest.param(b"---\n...\n", 1, "the file is empty", id="null"),
        pytest.param(b"- estate\n", 1, "keys and values at its top", id="list"),
        pytest.param(b"shop\n", 1, "keys and values at its top", id="text"),
        pytest.param(b"estate: a\n---\nestate: b\n", 3, "second YAML document", id="two"),
        pytest.param(b"estate: a\nstores: {x: [1\n", 2, "not valid YAML", id="open bracket"),
        pytest.param(b"estate: a\nstores:\n\tx: 1\n", 3, "not valid YAML", id="tab"),
        pytest.param(b"estate: a\nname: \xff\xfe\n", 2, "not UTF-8 text: byte 0xff", id="utf8"),
        pytest.param(b"\xff\xfee\x00s\x00", 1, "not UTF-8 text: byte 0xff", id="utf16"),
        pytest.param(b"estate: a\n\n# \x07\n", 3, "cannot be printed: U+0007", id="control"),
        pytest.param(b"estate: a\nx: *y\n", 2, "the alias `*y` has no anchor", id="no anchor"),
        pytest.param(b"estate: a\nx: &x {y: *x}\n", 2, "a circle", id="circle"),
        pytest.param(b"estate: a\nx: " + b"[" * 60, 2, "more than 50 deep", id="deep"),
        pytest.param(b"estate: a\nx: " + b"[" * 500_000, 2, "more than 50 deep", id="very deep"),
        pytest.param(b"estate: a\nx: [" + b"1," * 200_000, 2, "more than 50000", id="many"),
        pytest.param(b"#" * (1024 * 1024 + 1), 1, "larger than 1024 KiB", id="large"),
    ],
)
def test_what_cannot_be_read_is_one_mistake_with_a_line(
    file: Path, content: bytes, line: int, what: str
) -> None:
    file.write_bytes(content)
    mistake = only_mistake(file)
    assert mistake.source.line == line
    assert what in mistake.what


def test_aliases_cannot_grow_a_small_file_into_a_large_estate(file: Path) -> None:
    levels = "".join(f"l{n}: &l{n} [{','.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 30))
    file.write_text(f"estate: shop\nl0: &l0 [a, b]\n{levels}")
    assert "more than 50000 values, counting aliases" in only_mistake(file).what


def test_aliases_cannot_nest_deeper_than_brackets(file: Path) -> None:
    levels = "".join(f"l{n}: &l{n} {'[' * 40}*l{n - 1}{']' * 40}\n" for n in range(1, 40))
    file.write_text(f"estate: shop\nl0: &l0 [a]\n{levels}")
    assert "more than 50 deep" in only_mistake(file).what


def test_tags_are_never_obeyed(file: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    file.write_text(f"estate: !!python/object/apply:pathlib.Path.touch ['{trace}']\n")
    assert any("a tag: " in mistake.what for mistake in mistakes_of(file))
    assert not trace.exists()


def test_a_byte_order_mark_is_no_part_of_the_first_key(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbfestate: shop\n")
    assert load(file).estate.estate == "shop"


def test_tabs_are_named_as_the_cause(file: Path) -> None:
    file.write_text("estate: shop\nstores:\n\tblocks: {system: postgres}\n")
    assert only_mistake(file).remedy == "indent with spaces, not with tabs"


def test_what_is_no_file_is_a_mistake(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    assert only_mistake(pipe).what == "not a file"
    assert "cannot be read: No such file" in only_mistake(tmp_path / "absent.yaml").what
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "no YAML file in this folder" in only_mistake(empty).what


@pytest.mark.parametrize("schema", ["a" * 300, "loop.sql", "sub/../../x.sql"])
def test_odd_schema_paths_are_mistakes(file: Path, schema: str) -> None:
    (file.parent / "loop.sql").symlink_to("loop.sql")
    file.write_text(f"estate: shop\nstores:\n  blocks: {{system: postgres, schema: {schema}}}\n")
    assert only_mistake(file).source.line == 3


def test_a_schema_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.sql").write_text("select 1")
    folder = tmp_path / "estate"
    folder.mkdir()
    (folder / "schema.sql").symlink_to(tmp_path / "secret.sql")
    (folder / "estate.yaml").write_text(
        "estate: shop\nstores:\n  blocks: {system: postgres, schema: schema.sql}\n"
    )
    assert "leads out of the estate's folder" in only_mistake(folder).what


def test_a_standby_in_another_jurisdiction_is_left_to_the_promises(file: Path) -> None:
    file.write_text(
        "estate: shop\n"
        "jurisdictions:\n  us: {home: us-west}\n  eu: {home: eu-west, standby: us-west}\n"
        "regions:\n  us-west: {jurisdiction: us}\n  eu-west: {jurisdiction: eu}\n"
    )
    assert isinstance(load(file), Loaded)
