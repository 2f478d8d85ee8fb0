"""Whatever estate is rendered, Terraform and its provider take it, and it hangs together."""

from collections import Counter
from collections.abc import Iterator

from hypothesis import HealthCheck, given, settings

import provider_schema
from aws_estates import Document, documents, estate_of, estates, rendering_of
from caisson.estate.model import Estate
from caisson.terraform.writing.model import Output, Rendering, Root, Variable
from caisson.terraform.writing.text import files
from rendered_roots import physical_names, written, wrong_blocks, wrong_references

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
MANY = settings(max_examples=25, suppress_health_check=SLOW)


@MANY
@given(estate=estates())
def test_the_provider_takes_every_block(estate: Estate) -> None:
    schema = provider_schema.aws()
    roots = written(rendering_of(estate))
    assert [wrong for root in roots.values() for wrong in wrong_blocks(root, schema)] == []


@MANY
@given(estate=estates())
def test_whatever_a_root_names_is_there(estate: Estate) -> None:
    schema = provider_schema.aws()
    roots = written(rendering_of(estate))
    found = [each for root in roots.values() for each in wrong_references(root, roots, schema)]
    assert found == []


@MANY
@given(estate=estates())
def test_no_two_things_have_one_name(estate: Estate) -> None:
    rendering = rendering_of(estate)
    assert [each for root in rendering.roots for each in _twice(root)] == []
    # What AWS keeps under a name, it keeps once in an account and region.
    names = Counter(physical_names(rendering))
    assert [each for each, times in names.items() if times > 1] == []


@MANY
@given(estate=estates())
def test_a_root_is_applied_after_those_that_it_needs(estate: Estate) -> None:
    paths = [each.path for each in rendering_of(estate).roots]
    assert len(set(paths)) == len(paths)
    for position, root in enumerate(rendering_of(estate).roots):
        assert set(root.needs.values()) <= set(paths[:position])


@MANY
@given(document=documents())
def test_the_same_estate_gives_the_same_bytes(document: Document) -> None:
    first, second = (_files(rendering_of(estate_of(document))) for _ in range(2))
    assert first == second


def _files(rendering: Rendering) -> list[tuple[str, str]]:
    return list(files(rendering).items())


def _twice(root: Root) -> Iterator[str]:
    """Yield what a root would have twice: of two with one name, one would be lost."""
    kinds = (
        [each.address for each in root.blocks],
        [each.name for each in root.parts if isinstance(each, Output)],
        [each.name for each in root.parts if isinstance(each, Variable)],
        [each.alias for each in root.providers],
    )
    for names in kinds:
        yield from (f"{root.path}: {name}" for name, times in Counter(names).items() if times > 1)
