"""`caisson doctor`: whether this machine can run the estate, and what was left on it."""

from collections.abc import Iterator
from pathlib import Path

import click

from caisson.cli import output
from caisson.cli.estates import estate_argument, json_option
from caisson.cli.ledger import verified
from caisson.cli.views.doctor import conditions_document, show_conditions
from caisson.estate.loading import Loaded, find, load
from caisson.estate.mistakes import EstateErrors
from caisson.estate.model import Estate
from caisson.execute.engines import programs_of
from caisson.ledger.chain import Altered
from caisson.state.errors import StateError, StateMissing
from caisson.state.state import open_state
from caisson.targets.local.examination import Condition, left_behind, machine
from caisson.targets.local.fetch import SERVERS
from caisson.targets.local.layout import Layout

_PROGRAMS = {"postgres": "postgres", "redis": "redis-server", "memcached": "memcached"}


@click.command()
@estate_argument
@json_option
def doctor(estate: Path | None, as_json: bool) -> None:
    """Tell what this machine has, what is missing, and what to type. Changes nothing.

    Looks at the server programs, at what the system allows, at processes and locks left
    behind, and at the state, ledger and estate in the current folder or at ESTATE.
    """
    conditions = list(_examine(estate))
    if as_json:
        output.print_json(conditions_document(conditions))
    else:
        show_conditions(output.screen(), conditions)
    well = all(condition.well for condition in conditions)
    raise SystemExit(output.ALL_WELL if well else output.BROKEN)


def _examine(path: Path | None) -> Iterator[Condition]:
    if path is not None:
        find(path)  # a path that leads nowhere is wrong input, not a condition of the machine
    loaded, about_estate = _estate(path)
    layout = Layout(_root(path).resolve())
    yield from machine(layout.root, _needed(loaded.estate) if loaded else SERVERS)
    yield from left_behind(layout)
    yield _state(layout)
    yield _ledger(layout)
    yield from about_estate


def _root(path: Path | None) -> Path:
    if path is None:
        return Path()
    return path if path.is_dir() else path.parent


def _needed(estate: Estate) -> set[str]:
    needed = {
        _PROGRAMS[store.system] for store in estate.stores.values() if store.system in _PROGRAMS
    }
    if any(service.public for service in estate.services.values()):
        needed.add("haproxy")
    needed.update(programs_of({each.system for each in estate.stores.values() if each.backup}))
    return needed


def _estate(path: Path | None) -> tuple[Loaded | None, list[Condition]]:
    name = "estate"
    try:
        found = find(path)
    except EstateErrors:
        return None, [Condition(name, "there is none in this folder")]
    try:
        loaded = load(found)
    except EstateErrors as errors:
        return None, [Condition(name, f"{m.source}: {m.what}", m.remedy) for m in errors.mistakes]
    promises = len(loaded.estate.promises)
    said = "1 promise" if promises == 1 else f"{promises} promises"
    return loaded, [Condition(name, f"{loaded.estate.estate} is valid and makes {said}")]


def _state(layout: Layout) -> Condition:
    try:
        open_state(layout.state_place, read_only=True).close()
    except StateMissing:
        return Condition("state", "none yet: nothing was ever up here")
    except StateError as error:
        return Condition(
            "state", str(error), f"restore {layout.state} from a copy, or move it away"
        )
    return Condition("state", f"{layout.state} can be read")


def _ledger(layout: Layout) -> Condition:
    try:
        found = verified(layout)
    except StateError as error:
        return Condition("ledger", f"cannot be read: {error}", "see `state` above")
    match found:
        case None:
            return Condition("ledger", "none yet: nothing was recorded")
        case Altered():
            return Condition("ledger", found.why, f"caisson ledger verify {layout.root}")
        case _:
            entries = "1 entry" if found.count == 1 else f"{found.count} entries"
            return Condition("ledger", f"intact, {entries}")
