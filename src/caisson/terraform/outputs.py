"""The outputs of a root as its plan or state has them."""

from collections.abc import Iterator, Mapping

from caisson.terraform.document import Document, Kind
from caisson.terraform.masking import mask
from caisson.terraform.model import UNKNOWN


def outputs_of(document: Document) -> dict[str, object]:
    """Return the values of a document's outputs, before anything is taken out of it.

    UNKNOWN stands in them where something is known only after apply, or sensitive.
    """
    content = document.content
    match document.kind:
        case Kind.PLAN:
            listed = _planned(content)
        case Kind.STATE:
            listed = _objects(_object(content.get("values")).get("outputs"))
        case _:
            listed = _objects(content.get("outputs"))
    return {name: _value(each) for name, each in listed}


def _value(plain: Mapping[str, object]) -> object:
    return UNKNOWN if plain.get("sensitive") is True else plain.get("value", UNKNOWN)


def _planned(content: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield each output of a plan, with the value that its change tells in part."""
    changes = dict(_objects(content.get("output_changes")))
    for name, each in _objects(_object(content.get("planned_values")).get("outputs")):
        yield name, each if "value" in each else {**each, **_after(changes.get(name, {}))}


def _after(change: Mapping[str, object]) -> dict[str, object]:
    values = {"value": change.get("after")}
    mask(values, {"value": change.get("after_unknown", True)})
    mask(values, {"value": change.get("after_sensitive")})
    return values


def _objects(plain: object) -> Iterator[tuple[str, Mapping[str, object]]]:
    for name, each in _object(plain).items():
        if isinstance(each, dict):
            yield name, each


def _object(plain: object) -> Mapping[str, object]:
    return plain if isinstance(plain, dict) else {}
