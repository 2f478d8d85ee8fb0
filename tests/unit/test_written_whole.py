"""Files are replaced as a whole, and private ones are nobody else's."""

import os
from pathlib import Path

import pytest

from caisson.targets.local.layout import write_private, write_whole


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_modes(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_whole(tmp_path / "report", "for all")
        write_private(tmp_path / "inner" / "secret", "for one")
    finally:
        os.umask(before)
    assert (_mode(tmp_path / "report"), _mode(tmp_path / "inner" / "secret")) == (0o644, 0o600)


def test_what_was_there_stays_until_all_of_the_new_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "baseline.yaml"
    write_whole(file, "old")

    def full(descriptor: int) -> None:
        raise OSError(28, f"no space left for {descriptor}")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        write_whole(file, "new")
    assert file.read_text() == "old"
    monkeypatch.undo()
    write_whole(file, "new")
    assert file.read_text() == "new"
