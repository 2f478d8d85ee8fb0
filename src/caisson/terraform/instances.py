"""Every instance of a plan or a state, as it will be, and where it is."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from caisson.estate.sources import Source
from caisson.terraform.configuration import Configuration, Module, Written
from caisson.terraform.default_tags import add_default_tags
from caisson.terraform.document import Document, Kind, malformed
from caisson.terraform.evidence import refined, told_by
from caisson.terraform.masking import learn, mask
from caisson.terraform.model import Instance, Mode
from caisson.terraform.providers import NOWHERE, Place, key_of, places, with_locals
from caisson.terraform.raw_state import rows_of
from caisson.terraform.rows import ModuleRow, Row, listed


@dataclass(frozen=True, slots=True)
class Listed:
    """`modules` are the module instances; `deferred` are addresses that are put off.

    `whole` is False when Terraform has planned only a part. `collections` are attributes, as
    type and path, which are lists, sets or maps: where nothing of their value is known, that is
    not seen from the value.
    """

    instances: tuple[Instance, ...]
    modules: tuple[ModuleRow, ...]
    deferred: tuple[str, ...] = ()
    whole: bool = True
    collections: frozenset[tuple[str, tuple[str, ...]]] = frozenset()


def _untold(_path: tuple[str, ...], _name: str) -> object:
    return None


@dataclass(frozen=True, slots=True)
class Text:
    """What a plan leaves out: where each resource is written, by its address without keys.

    `local` gives the value of a module's local, by the module's calls, if it is a plain one.
    """

    lines: Mapping[str, Source] = field(default_factory=dict)
    local: Callable[[tuple[str, ...], str], object] = _untold


NO_TEXT = Text()


def planned(document: Document, configuration: Configuration, text: Text = NO_TEXT) -> Listed:
    """Return what will exist after apply, and the data sources that were read for it.

    `text` is what the files of the configuration tell, when they are there. The parts of the
    document that were read are taken out of it, so that they need no memory.
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
    located = _located(configuration, rows, text, document.source)
    return Listed(
        tuple(
            _instance(row, marks.get(row.address), place, line)
            for row, (place, line) in zip(rows, located, strict=True)
        ),
        tuple(modules),
        tuple(_deferred(file, content)),
        content.get("complete") is not False,
        frozenset(collections),
    )


def present(document: Document) -> Listed:
    """Return what a state lists."""
    if document.kind is Kind.RAW_STATE:
        modules: list[ModuleRow] = []
        pairs = list(rows_of(document))
    else:
        modules, rows = listed(document.file, "values", document.content.pop("values"))
        pairs = [(row.provider, row) for row in rows]
    places = refined(dict.fromkeys((key for key, _ in pairs), NOWHERE), pairs)
    source = document.source
    return Listed(
        tuple(_instance(row, None, _own(row, places[key]), source) for key, row in pairs),
        tuple(modules),
    )


def _own(row: Row, provider: Place) -> Place:
    """Return where a thing says that it is, else where all others of its provider are."""
    if not row.provider.endswith("/aws"):
        return NOWHERE
    told = told_by(row)
    return Place(told.account or provider.account, told.region or provider.region)


def _instance(row: Row, marks: tuple[object, object] | None, at: Place, source: Source) -> Instance:
    values = row.values
    if marks is not None:
        mask(values, marks[0])
        mask(values, marks[1])
    mask(values, row.sensitive)
    add_default_tags(values, row.mode, row.type, at.tags)
    region = values.get("region")
    # since version 6 of the provider each resource may say its own region
    chosen = region if isinstance(region, str) and at is not NOWHERE else at.region
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


def _located(
    configuration: Configuration, rows: Sequence[Row], text: Text, source: Source
) -> Iterator[tuple[Place, Source]]:
    """Yield where the instance of each row is, and where it is written."""
    written = [_written(configuration, row, text, source) for row in rows]
    declared = places(configuration)
    keys = [key_of(declared, key) for key, _ in written]
    unsure = {key for key, place in declared.items() if not _is_told(place)}
    keyed = ((key, row) for key, row in zip(keys, rows, strict=True) if key in unsure)
    told = with_locals(configuration, refined(declared, keyed), text.local)
    for key, (_, line) in zip(keys, written, strict=True):
        yield told.get(key, NOWHERE), line


def _written(
    configuration: Configuration, row: Row, text: Text, source: Source
) -> tuple[str, Source]:
    """Return the key of its provider's configuration, and the line of the resource."""
    found = written_of(configuration.root, row.inside, row.mode, row.type, row.name)
    if found is None:
        return "", source
    calls = "".join(f"module.{each}." for each in row.inside)
    return found.provider, text.lines.get(f"{calls}{found.address}", source)


def _is_told(place: Place) -> bool:
    return place.region is not None and place.account is not None and place.account.isdecimal()


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
