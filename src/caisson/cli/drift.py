"""`caisson drift`: what somebody has changed in the cloud and not in the estate."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from caisson.cli import output
from caisson.cli.aws_target import begin, through_roots
from caisson.plan.drift import Drifted, drifted
from caisson.targets.aws.applying import Planned


@click.command()
@through_roots
def drift(
    estate: Path | None,
    target: str,
    out: Path,
    only: tuple[str, ...],
    overwrite: bool,
    as_json: bool,
) -> None:
    """Compare what is real with what was applied last. Exit code 1 when anything differs.

    Nothing is changed. `caisson plan` shows what an apply would bring back.
    """
    work = begin(estate, out, only, overwrite=overwrite, as_json=as_json)
    planned = tuple(work.applier.plan(work.roots, "-refresh-only"))
    found = {each.root.path: _of(each) for each in planned if each.document is not None}
    never = [each.root.path for each in planned if each.document is None]
    if as_json:
        output.print_json({"target": target, "roots": _document(found), "never_applied": never})
    else:
        _show(found, never)
    raise SystemExit(output.BROKEN if any(found.values()) else output.ALL_WELL)


def _of(planned: Planned) -> tuple[Drifted, ...]:
    return drifted(json.loads(planned.document or b"{}"))


def _show(found: Mapping[str, tuple[Drifted, ...]], never: list[str]) -> None:
    console = output.screen()
    for path, every in found.items():
        text = output.plural(len(every), "difference") if every else "[dim]as it was applied[/dim]"
        console.print(f"[bold]{path}[/bold]  {text}")
        for each in every:
            console.print(f"  {escape(each.address)}: {each.what}")
    for path in never:
        console.print(f"[bold]{path}[/bold]  [dim]never applied[/dim]")


def _document(found: Mapping[str, tuple[Drifted, ...]]) -> list[dict[str, Any]]:
    return [
        {
            "root": path,
            "drifted": [
                {"address": each.address, "gone": each.gone, "attributes": list(each.attributes)}
                for each in every
            ],
        }
        for path, every in found.items()
    ]
