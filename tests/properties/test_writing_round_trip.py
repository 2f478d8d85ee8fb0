"""What is read back of a rendered estate is the estate: nothing is missing, and nothing is more."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings

from aws_estates import estates, rendering_of
from caisson.estate.loading import load
from caisson.estate.model import Estate
from read_back import declared, read_back, told

WORKSPACE = Path(__file__).parents[2] / "examples" / "workspace"
# Each is a second or two: some thousand resources are read, and all that they name is followed.
SOME = settings(
    max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def test_the_reference_estate_is_read_back() -> None:
    estate = load(WORKSPACE).estate
    assert told(read_back(rendering_of(estate), estate), estate) == told(declared(estate), estate)


@SOME
@given(estate=estates())
def test_whatever_is_rendered_is_read_back(estate: Estate) -> None:
    assert told(read_back(rendering_of(estate), estate), estate) == told(declared(estate), estate)
