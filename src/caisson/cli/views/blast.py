"""What plans of Terraform would touch, root by root."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from caisson.cli.views.changed import MARKS, told
from caisson.cli.views.words import WIDEST_WORD, paragraph
from caisson.plan.blast_radius import BlastRadius, Deed
from caisson.prove.changes import Change, Direction
from caisson.targets.aws.applying import Planned

_SIGNS = {
    Deed.CREATE: ("+", "green"),
    Deed.UPDATE: ("~", "yellow"),
    Deed.REPLACE: ("±", "bold red"),
    Deed.DELETE: ("-", "bold red"),
    Deed.FORGET: ("x", "dim"),
}
_STYLES = {Direction.WORSE: "bold red", Direction.BETTER: "green"}


def show_planned(
    console: Console,
    planned: Iterable[Planned],
    radius: Mapping[str, BlastRadius],
    changes: Iterable[Change],
) -> None:
    """Show the roots with what would be touched, the data at stake, and the promises."""
    every = tuple(planned)
    widest = max((len(each.root.path) for each in every), default=0)
    for each in every:
        show_root(console, each, radius.get(each.root.path), widest)
    console.print()
    for found in radius.values():
        show_losses(console, found)
    for change in changes:
        lead = Text(f"{MARKS[change.direction]} {change.direction:<{WIDEST_WORD}}")
        lead.stylize(_STYLES.get(change.direction, "dim"))
        text = Text.assemble((change.promise, "bold"), f"  {told(change)}")
        paragraph(console, text, indent=WIDEST_WORD + 4, lead=lead)


def show_root(
    console: Console, planned: Planned, radius: BlastRadius | None, widest: int = 0
) -> None:
    """Show in one line what would become of a root."""
    lead = (f"{planned.root.path:<{widest}}  ", "bold")
    console.print(Text.assemble(lead, _counts(planned, radius)))


def _counts(planned: Planned, radius: BlastRadius | None) -> Text:
    if radius is None or planned.waits_for:
        return Text(f"planned once there is {', '.join(planned.waits_for)}", "dim")
    if not radius.touched:
        return Text("as it should be", "dim")
    counts = Text("  ").join(
        Text(f"{sign} {radius.counts[deed]}", style)
        for deed, (sign, style) in _SIGNS.items()
        if radius.counts.get(deed)
    )
    of = f"  of {', '.join(radius.components)}" if radius.components else ""
    return Text.assemble(counts, (of, "dim"))


def show_losses(console: Console, radius: BlastRadius) -> None:
    """Show what keeps data and would be gone."""
    for each in radius.losing_data:
        text = f"{each.address} would be {each.deed.value}d, and its data with it"
        lead = Text("data is lost", "bold red")
        paragraph(console, Text(text), indent=WIDEST_WORD + 4, lead=lead)


def planned_document(
    planned: Iterable[Planned], radius: Mapping[str, BlastRadius]
) -> list[dict[str, Any]]:
    return [_document(each, radius.get(each.root.path)) for each in planned]


def _document(planned: Planned, radius: BlastRadius | None) -> dict[str, Any]:
    found = radius.touched if radius else ()
    return {
        "root": planned.root.path,
        "waits_for": list(planned.waits_for),
        "changes": None if radius is None else {d.value: radius.counts.get(d, 0) for d in Deed},
        "components": list(radius.components) if radius else [],
        "touched": [{"address": each.address, "deed": each.deed.value} for each in found],
        "data_lost": [each.address for each in found if each.loses_data],
    }
