"""What holds of a declaration holds of the Terraform that is rendered of it."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings

from aws_estates import estates, rendering_of
from caisson.estate import promise_files
from caisson.estate.loading import load
from caisson.estate.model import Estate, Isolation, Promise, Reach, Residency
from caisson.estate.promise_files import Promised
from caisson.estate.sources import Sources
from caisson.prove.check import prove, prove_terraform
from caisson.prove.model import Decision
from caisson.terraform.read import read_together
from caisson.terraform.writing.promises import FILE
from caisson.terraform.writing.text import files
from caisson.topology.places import Places
from caisson.topology.resolve import resolve
from read_back import parts_of

WORKSPACE = Path(__file__).parents[2] / "examples" / "workspace"
SOME = settings(
    max_examples=10, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
# How much is lost with a region is measured, on AWS as in the declaration.
TOLD = (Isolation, Residency, Reach)


def holding(estate: Estate) -> set[str]:
    """Return the names of the promises that hold of the declaration."""
    sources = Sources()
    verdicts = prove(estate, sources, resolve(estate, sources))
    names = {each.promise for each in verdicts}
    return names - {each.promise for each in verdicts if each.decision is not Decision.HOLDS}


def promised(text: str) -> Promised:
    with TemporaryDirectory() as folder:
        file = Path(folder, FILE)
        file.write_text(text)
        return promise_files.read(file)


def told_of(promise: Promise, estate: Estate) -> bool:
    """Return whether a promise of an estate can be told of its Terraform."""
    if isinstance(promise, Reach):
        return estate.stores[promise.reach].system != "files"
    return isinstance(promise, TOLD)


def lost(estate: Estate) -> Iterator[str]:
    """Yield what holds of the declaration and not of the rendering, and why."""
    texts = files(rendering_of(estate))
    file = promised(texts[FILE])
    seen = read_together(estate.estate, parts_of(texts), Places.of(file.file))
    held = holding(estate)
    asked = {p.name for p in estate.promises if p.name in held and told_of(p, estate)}
    verdicts = prove_terraform(file, seen).verdicts
    assert {e.reach for e in file.file.promises if isinstance(e, Reach)} <= {
        e.subject for e in verdicts
    }
    for each in verdicts:
        named = any(each.promise == name or each.promise.startswith(f"{name}-") for name in asked)
        if named and each.decision is not Decision.HOLDS:
            yield f"{each.promise} {each.subject}: {[fact.text for fact in each.why]}"


def test_the_reference_estate_keeps_its_promises() -> None:
    assert list(lost(load(WORKSPACE).estate)) == []


@SOME
@given(estate=estates())
def test_whatever_is_rendered_keeps_its_promises(estate: Estate) -> None:
    assert list(lost(estate)) == []
