"""The folder of a rendering: what is replaced, what stays, and what is refused."""

from pathlib import Path

import pytest

from caisson.cli.terraform_input import Root, labels, roots
from caisson.targets.aws import folder
from caisson.targets.aws.folder import EditedError, write
from caisson.targets.local.layout import write_whole

FIRST = {"a/one.tf.json": "1\n", "b/two.tf.json": "2\n"}
SECOND = {"a/one.tf.json": "one\n", "c/three.tf.json": "3\n"}


def content(place: Path) -> dict[str, str]:
    files = (each for each in place.rglob("*") if each.is_file() and each.name != folder.MANIFEST)
    return {each.relative_to(place).as_posix(): each.read_text() for each in files}


def test_a_rendering_replaces_the_one_before_and_tells_how(tmp_path: Path) -> None:
    write(tmp_path, FIRST)
    done = write(tmp_path, SECOND)
    assert content(tmp_path) == SECOND
    assert (done.added, done.changed, done.removed) == (
        ("c/three.tf.json",),
        ("a/one.tf.json",),
        ("b/two.tf.json",),
    )
    assert write(tmp_path, SECOND).kept == 2


def test_files_of_people_stay(tmp_path: Path) -> None:
    write(tmp_path, FIRST)
    (tmp_path / "a" / "own.tf").write_text("ours")
    write(tmp_path, SECOND)
    assert content(tmp_path)["a/own.tf"] == "ours"


@pytest.mark.parametrize("edited", ["a/one.tf.json", "b/two.tf.json", "c/three.tf.json"])
def test_what_somebody_edited_is_not_replaced_unless_they_say_so(
    tmp_path: Path, edited: str
) -> None:
    write(tmp_path, FIRST)
    (tmp_path / edited).parent.mkdir(exist_ok=True)
    (tmp_path / edited).write_text("mine\n")
    before = content(tmp_path)
    with pytest.raises(EditedError) as raised:
        write(tmp_path, SECOND)
    assert raised.value.files == [tmp_path / edited]
    assert content(tmp_path) == before
    write(tmp_path, SECOND, overwrite=True)
    assert content(tmp_path) == SECOND


@pytest.mark.parametrize("third", [FIRST, SECOND, {"a/one.tf.json": "uno\n"}])
def test_an_interrupted_rendering_is_taken_up_by_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, third: dict[str, str]
) -> None:
    write(tmp_path, FIRST)
    real, written = write_whole, []

    def stop_at_the_third(path: Path, text: str) -> None:
        written.append(path)
        if len(written) == 3:  # the manifest, one file, and then the machine stops
            raise KeyboardInterrupt
        real(path, text)

    with monkeypatch.context() as patched:
        patched.setattr(folder, "write_whole", stop_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path, SECOND)
    write(tmp_path, third)
    assert content(tmp_path) == third


def test_what_is_written_beside_the_roots_is_taken_for_no_plan(tmp_path: Path) -> None:
    root = '{"terraform": {"backend": {"s3": {"bucket": "states"}}}}\n'
    write(tmp_path, {"a/root.tf.json": root, "b/root.tf.json": root})
    assert [each.folder for each in roots(tmp_path, None)] == [tmp_path / "a", tmp_path / "b"]


def test_plans_of_the_roots_are_named_as_the_roots_are(tmp_path: Path) -> None:
    folders = ("organization", "production/us/data", "production/eu/data")
    plans = [Root(tmp_path / each / "plan.json", tmp_path / each) for each in folders]
    written = [Root(None, tmp_path / each, tmp_path) for each in folders]
    assert labels(plans) == labels(written)
    assert labels(plans)[1] == "production-us-data"
