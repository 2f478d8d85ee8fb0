"""Every instance of a plan or a state, as it will be, and where it is."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from caisson.estate.sources import Source
from caisson.terraform.configuration import Configuration, Module, Written
from caisson.terraform.document import Document, malformed
from caisson.terraform.masking import learn, mask
from caisson.terraform.model import Instance, Mode
from caisson.terraform.providers import NOWHERE, Place, place_of, places
from caisson.terraform.rows import ModuleRow, Row, listed


@dataclass(frozen=True, slots=True)
class Listed:
    """`modules` are the module instances; `deferred` are addresses that are put off.

    `collections` are attributes, as type and path, which are lists, sets or maps: where nothing
    of their value is known, that is not seen from the value.
    """

    instances: tuple[Instance, ...]
    modules: tuple[ModuleRow, ...]
    deferred: tuple[str, ...] = ()
    collections: frozenset[tuple[str, tuple[str, ...]]] = frozenset()


def planned(document: Document, configuration: Configuration) -> Listed:
    """Return what will exist after apply, and the data sources that were read for it.

    The parts of the document that were read are taken out of it, so that they need no memory.
    """
    content, file = document.content, document.file
    modules, rows = listed(file, "planned_values", content.pop("planned_values"))
    prior = content.pop("prior_state", None)
    if isinstance(prior, dict) and prior.get("values") is not None:
        more, before = listed(file, "prior_state.values", prior["values"])
        have = {row.address for row in rows}
        rows += [r for r in before if r.mode is Mode.DATA and r.address not in have]
        modules += more
    marks = _marks(file, content.pop("resource_changes", None))
    collections: set[tuple[str, tuple[str, ...]]] = set()
    for row in rows:
        if row.address in marks:
            learn(collections, row.type, (), *marks[row.address])
    place = _Places(configuration)
    return Listed(
        tuple(_instance(row, marks.get(row.address), place, document.source) for row in rows),
        tuple(modules),
        tuple(_deferred(file, content)),
        frozenset(collections),
    )


def present(document: Document) -> Listed:
    """Return what a shown state lists."""
    modules, rows = listed(document.file, "values", document.content.pop("values"))
    return Listed(
        tuple(_instance(row, None, None, document.source) for row in rows), tuple(modules)
    )


def _instance(
    row: Row, marks: tuple[object, object] | None, place: "_Places | None", source: Source
) -> Instance:
    values = row.values
    if marks is not None:
        mask(values, marks[0])
        mask(values, marks[1])
    mask(values, row.sensitive)
    at = NOWHERE if place is None else place.of(row)
    region = values.get("region")
    chosen = region if isinstance(region, str) and place is not None else at.region
    return Instance(
        row.address,
        row.module,
        row.mode,
        row.type,
        row.name,
        row.key,
        row.provider,
        at.account,
        chosen,
        values,
        source,
    )


def _marks(file: str, changes: object) -> dict[str, tuple[object, object]]:
    """Return what is unknown and what is sensitive after apply, by address."""
    if changes is None:
        return {}
    if not isinstance(changes, list):
        malformed(file, "resource_changes", "not a list")
    found: dict[str, tuple[object, object]] = {}
    for number, each in enumerate(changes):
        at = f"resource_changes[{number}]"
        if type(each) is not dict or type(each.get("address")) is not str:
            malformed(file, at, "not an object with an address")
        change = each.get("change")
        if type(change) is not dict:
            malformed(file, f"{at}.change", "not an object")
        if "deposed" not in each:
            found[each["address"]] = change.get("after_unknown"), change.get("after_sensitive")
    return found


def _deferred(file: str, content: Mapping[str, object]) -> Iterator[str]:
    """Yield what the plan leaves for another plan, if anything."""
    changes = content.get("deferred_changes")
    if changes is None:
        return
    if not isinstance(changes, list):
        malformed(file, "deferred_changes", "not a list")
    for number, each in enumerate(changes):
        change = each.get("resource_change") if isinstance(each, dict) else None
        if not isinstance(change, dict) or not isinstance(change.get("address"), str):
            malformed(file, f"deferred_changes[{number}]", "not a change of a resource")
        yield change["address"]


class _Places:
    """Where instances are, by what is written of their resource; remembered per resource."""

    def __init__(self, configuration: Configuration) -> None:
        self._of = configuration
        self._places = places(configuration)
        self._known: dict[tuple[tuple[str, ...], Mode, str, str], Place] = {}

    def of(self, row: Row) -> Place:
        key = (row.inside, row.mode, row.type, row.name)
        if (found := self._known.get(key)) is None:
            written = written_of(self._of.root, row.inside, row.mode, row.type, row.name)
            found = NOWHERE if written is None else place_of(self._places, written.provider)
            self._known[key] = found
        return found


def module_of(root: Module, inside: Iterable[str]) -> Module | None:
    """Return the module that the calls lead to."""
    module = root
    for name in inside:
        call = module.calls.get(name)
        if call is None:
            return None
        module = call.module
    return module


def written_of(
    root: Module, inside: Iterable[str], mode: Mode, type_: str, name: str
) -> Written | None:
    module = module_of(root, inside)
    start = "data." if mode is Mode.DATA else ""
    return None if module is None else module.written.get(f"{start}{type_}.{name}")
