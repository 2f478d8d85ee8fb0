"""Every type that can be written is applied to an emulator or made with mocks, and documented."""

import re
from collections.abc import Iterator
from pathlib import Path

from hypothesis import HealthCheck, given, settings

from aws_estates import estate_of, estates, rendering_of
from caisson.estate.model import Estate
from emulated_gaps import LACKING, LEFT_OUT, LIVED, MINISTACK, types_of
from whole_estate import ALONE, WHOLE

PAGE = Path(__file__).parents[2] / "docs" / "aws-emulated.md"
APPLIED = types_of(each.rendering() for each in LIVED.values())


def test_what_the_estates_that_are_lived_lack_is_listed() -> None:
    whole = types_of(rendering_of(estate_of(each)) for each in (WHOLE, ALONE))
    assert set(LACKING) == whole - APPLIED
    for each in LIVED.values():
        assert set(LEFT_OUT) <= types_of([each.rendering()])


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(estate=estates())
def test_no_estate_has_a_type_that_is_not_listed(estate: Estate) -> None:
    assert types_of([rendering_of(estate)]) <= {*APPLIED, *LACKING}


def test_the_page_names_what_is_listed() -> None:
    assert set(_codes_below("left out")) == set(LEFT_OUT)
    assert set(_codes_below("lacking")) == set(LACKING)
    assert set(_codes_below("emulator", "ministack")) == set(MINISTACK)


def _codes_below(head: str, row: str = "") -> Iterator[str]:
    """Yield what stands as code in the table with this head, in all rows or in those named."""
    _, _, table = PAGE.read_text().partition(f"\n| {head} | ")
    for line in table.partition("\n\n")[0].splitlines()[2:]:
        if line.startswith(f"| {row}"):
            yield from re.findall(r"`(\w+)`", line)
