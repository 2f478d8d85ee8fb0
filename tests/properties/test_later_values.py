"""A value that becomes known only after apply takes knowledge away, and never adds any.

What held may then be open, and what was broken too; but nothing comes to be broken by it, and
nothing well. One attribute of one resource at a time is given the result of a program that has
not run yet.

The bank has too many mutations and values for all of them; some are drawn. Which ones changes with
any constant of the code, because Hypothesis draws those too, so that all are tried of the twins.
"""

import re
from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caisson.prove.model import Decision
from mutations import ESTATES, MUTATIONS, Files, Mutation, decisions, files_of, verdicts_of

# A whole value on one line; `type` and `count` belong to Terraform.
ATTRIBUTE = re.compile(r"(?m)^ +(?!type\b|count\b|for_each\b|provider\b)[\w-]+ *= (.*[^{\[(\n])$")
LATER = 'data "external" "later" {\n  program = ["later"]\n}\n'
DRAWN = [each for each in MUTATIONS if each.turned and each.estate != "twins"]
WHOLE = [each for each in MUTATIONS if each.turned and each.estate == "twins"]


def places(files: Files) -> Iterator[tuple[str, int, int]]:
    """Yield where each value stands: its file, start and end."""
    for path, text in files.items():
        for found in ATTRIBUTE.finditer(text) if "/" in path else ():
            yield path, found.start(1), found.end(1)


def later(files: Files, place: tuple[str, int, int]) -> Files:
    path, start, end = place
    text = files[path]
    module = path.rpartition("/")[0]
    changed = f"{text[:start]}data.external.later.result{text[end:]}"
    return {**files, path: changed, f"{module}/later.tf": LATER}


@cache
def well(estate: str) -> list[tuple[str, int, int]]:
    return list(places(files_of(estate)))


@given(st.data())
def test_what_holds_is_broken_by_nothing_that_is_known_later(data: st.DataObject) -> None:
    estate = data.draw(st.sampled_from(ESTATES))
    files = later(files_of(estate), data.draw(st.sampled_from(well(estate))))
    assert Decision.BROKEN not in decisions(verdicts_of(estate, files)).values()


def check(mutation: Mutation, written: Files, place: tuple[str, int, int]) -> None:
    found = decisions(verdicts_of(mutation.estate, later(written, place)))
    for promise, decision in found.items():
        before = mutation.expected(promise)
        assert decision in (before, Decision.UNKNOWN), (promise, place)


@given(st.data())
def test_what_is_broken_or_open_is_well_by_nothing_that_is_known_later(
    data: st.DataObject,
) -> None:
    mutation = data.draw(st.sampled_from(DRAWN))
    written = mutation.files()
    check(mutation, written, data.draw(st.sampled_from(list(places(written)))))


@pytest.mark.parametrize("mutation", WHOLE, ids=lambda each: each.name)
def test_no_value_of_the_twins_that_is_known_later_makes_them_well(mutation: Mutation) -> None:
    written = mutation.files()
    for place in places(written):
        check(mutation, written, place)
