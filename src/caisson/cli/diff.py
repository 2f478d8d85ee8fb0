"""`caisson diff`: in what two environments of an estate differ, by their meaning."""

from pathlib import Path
from typing import Any

import click

from caisson.cli import output
from caisson.cli.estates import estate_option, json_option, load_or_fail
from caisson.cli.views.differences import show_differences
from caisson.estate.loading import Loaded
from caisson.estate.mistakes import did_you_mean
from caisson.terraform.writing.comparison import Differing, differing
from caisson.terraform.writing.render import plan_of, render
from caisson.topology.diff import Change, between
from caisson.topology.resolve import resolve

Declared = dict[str, tuple[Any, Any]]


@click.command()
@click.argument("one")
@click.argument("other")
@estate_option
@json_option
def diff(one: str, other: str, estate: Path | None, as_json: bool) -> None:
    """Show in what the environments ONE and OTHER differ, such as `production staging`.

    First what is declared of them, then what that comes to: sites, components, credentials, and
    on AWS the settings of each resource. Names, accounts and addresses always differ and are
    left out. Exit code 0, whatever differs: the promise `same` says what may.
    """
    loaded = load_or_fail(estate, as_json=as_json)
    known = list(loaded.estate.environments)
    if wrong := [each for each in (one, other) if each not in known]:
        reasons = (f"there is no environment `{e}`; {did_you_mean(e, known)}" for e in wrong)
        output.fail(output.WRONG_INPUT, *reasons, as_json=as_json)
    topology = resolve(loaded.estate, loaded.sources)
    declared = _declared(loaded, one, other)
    changes = tuple(each for each in between(topology, one, other) if each.kind != "tenant")
    on_aws: tuple[Differing, ...] = ()
    if loaded.estate.aws is not None:
        rendering = render(loaded.estate, loaded.sources, topology)
        on_aws = differing(rendering, plan_of(loaded.estate, loaded.sources, topology), one, other)
    if as_json:
        output.print_json(_document(declared, changes, on_aws))
    else:
        show_differences(output.screen(), (one, other), declared, changes, on_aws)


def _declared(loaded: Loaded, one: str, other: str) -> Declared:
    """Return what is declared of the environments and is not the same."""
    here, there = (
        loaded.estate.environments[name].model_dump(mode="json", by_alias=True)
        for name in (one, other)
    )
    return {key: (here[key], there[key]) for key in here if here[key] != there[key]}


def _document(
    declared: Declared, changes: tuple[Change, ...], on_aws: tuple[Differing, ...]
) -> dict[str, Any]:
    return {
        "declared": {key: list(values) for key, values in declared.items()},
        "topology": [
            {
                "kind": each.kind,
                "id": each.id,
                "difference": each.difference.value,
                "facts": {fact.name: [fact.before, fact.after] for fact in each.facts},
            }
            for each in changes
        ],
        "aws": [
            {
                "root": each.root,
                "address": each.address,
                "component": each.component,
                "only": each.only,
                "attributes": {name: list(values) for name, values in each.attributes.items()},
            }
            for each in on_aws
        ],
    }
