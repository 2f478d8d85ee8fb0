"""Each file in tests/estates/mistaken says in its comments which mistakes it holds.

`# mistake: A | B` means: on this line there are mistakes whose text, remedy included,
contains A and B. There are no others, and all come at once.
"""

from collections import Counter
from pathlib import Path

import pytest

from caisson.estate.loading import load
from caisson.estate.mistakes import EstateErrors

MISTAKEN = Path(__file__).parents[1] / "estates" / "mistaken"
MARK = "# mistake: "


def expected(file: Path) -> list[tuple[int, str]]:
    lines = enumerate(file.read_text().splitlines(), start=1)
    marked = ((number, line.partition(MARK)[2]) for number, line in lines if MARK in line)
    return [(number, text.strip()) for number, texts in marked for text in texts.split(" | ")]


@pytest.mark.parametrize("file", sorted(MISTAKEN.glob("*.yaml")), ids=lambda file: file.stem)
def test_every_mistake_is_reported_once_at_its_line(file: Path) -> None:
    with pytest.raises(EstateErrors) as raised:
        load(file)
    mistakes = raised.value.mistakes
    for line, text in expected(file):
        here = [str(mistake) for mistake in mistakes if mistake.source.line == line]
        assert any(text in mistake for mistake in here), (line, text, here)
    found = Counter(mistake.source.line for mistake in mistakes)
    assert found == Counter(line for line, _ in expected(file))


@pytest.mark.parametrize("file", sorted(MISTAKEN.glob("*.yaml")), ids=lambda file: file.stem)
def test_mistakes_stand_in_the_order_of_the_file_and_say_what_to_write(file: Path) -> None:
    with pytest.raises(EstateErrors) as raised:
        load(file)
    places = [(m.source.line, m.source.column) for m in raised.value.mistakes]
    assert places == sorted(places)
    assert all(m.remedy and m.source.file == str(file) for m in raised.value.mistakes)


def test_the_message_shows_file_line_and_column(tmp_path: Path) -> None:
    file = tmp_path / "estate.yaml"
    file.write_text("estate: shop\nstores:\n  blocks: {system: postgres, shards: four}\n")
    with pytest.raises(EstateErrors) as raised:
        load(file)
    assert str(raised.value) == (
        f"{file}:3:30: stores.blocks.shards: must be a whole number between 1 and 1024, "
        "not 'four'\n    write 1, or the number you need, without quotes"
    )


def test_a_file_wrong_in_thousands_of_places_is_cut_short(tmp_path: Path) -> None:
    file = tmp_path / "estate.yaml"
    wrong = "".join(f"  tenant{n}: {{home: nowhere{n}}}\n" for n in range(10_000))
    file.write_text(f"estate: shop\ntenants:\n{wrong}")
    with pytest.raises(EstateErrors) as raised:
        load(file)
    *first, last = raised.value.mistakes
    assert len(first) == 200
    assert "there are more mistakes than these 200" in last.what
