"""In what two environments differ, for people."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from caisson.cli import output
from caisson.estate.mistakes import shortened
from caisson.terraform.writing.comparison import Differing
from caisson.topology.diff import Change, Difference

# As many names as a line has room for.
_MOST = 4
_UNSAID = "-"
_REFERENCE = "${"


def show_differences(
    console: Console,
    names: tuple[str, str],
    declared: Mapping[str, tuple[Any, Any]],
    changes: Iterable[Change],
    on_aws: Iterable[Differing],
) -> None:
    """Show what is declared, then what that comes to."""
    console.print(f"[bold]declared[/bold]  {escape(names[0])} | {escape(names[1])}")
    for key, (here, there) in declared.items():
        console.print(f"  {key}: {escape(_said(here))} | {escape(_said(there))}")
    if not declared:
        console.print("  [dim]nothing differs[/dim]")
    _show_changes(console, names, tuple(changes))
    _show_aws(console, tuple(on_aws))


def _said(value: Any) -> str:
    if value is None:
        return "all"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _show_changes(console: Console, names: tuple[str, str], changes: tuple[Change, ...]) -> None:
    console.print("\n[bold]what that comes to[/bold]")
    if not changes:
        console.print("  [dim]the same sites, components and credentials[/dim]")
    for (kind, difference), every in groupby(changes, lambda each: (each.kind, each.difference)):
        found = list(every)
        if difference is Difference.CHANGED:
            for each in found:
                facts = ", ".join(f"{f.name} {f.before} | {f.after}" for f in each.facts)
                console.print(f"  {kind} {escape(each.id)}: {escape(facts)}")
            continue
        only = names[0] if difference is Difference.REMOVED else names[1]
        ids = ", ".join(each.id for each in found[:_MOST])
        more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
        console.print(Text(f"  only in {only}: {_counted(len(found), kind)}: {ids}{more}"))


def _counted(count: int, kind: str) -> str:
    return f"{count} copies" if kind == "copy" and count != 1 else output.plural(count, kind)


def _show_aws(console: Console, on_aws: tuple[Differing, ...]) -> None:
    """Show what differs on AWS, alike things together."""
    if not on_aws:
        return
    console.print("\n[bold]on AWS[/bold]")
    for root, every in groupby(on_aws, lambda each: each.root):
        found = list(every)
        alone = Counter(each.only for each in found if each.only)
        counts = ", ".join(f"{count} only in {name}" for name, count in alone.items())
        console.print(Text.assemble("  ", (root, "bold"), ("  " + counts if counts else "", "dim")))
        alike: dict[_Alike, list[Differing]] = defaultdict(list)
        for each in found:
            if each.only is None:
                alike[_alike(each)].append(each)
        for (_, attributes), members in alike.items():
            _show_alike(console, attributes, members)


_Lines = tuple[str, ...]
_Alike = tuple[str, _Lines]


def _alike(differing: Differing) -> _Alike:
    """Return what things have in common that differ in the same way."""
    kind = f"{differing.address.partition('.')[0]} {differing.component}"
    return kind, tuple(_attribute(name, *both) for name, both in differing.attributes.items())


def _attribute(name: str, here: str | None, there: str | None) -> str:
    if here and there and _REFERENCE in here and _REFERENCE in there:
        counts = [len(each.split(", ")) for each in (here, there)]
        same = counts[0] == counts[1]
        return f"{name}  another" if same else f"{name}  {counts[0]} | {counts[1]} of them"
    return f"{name}  {shortened(here or _UNSAID)} | {shortened(there or _UNSAID)}"


def _show_alike(console: Console, attributes: _Lines, members: list[Differing]) -> None:
    first = members[0]
    of = f"  ({first.component})" if first.component else ""
    more = f"  and {len(members) - 1} more like it" if len(members) > 1 else ""
    console.print(Text.assemble(f"    {first.address}", (of + more, "dim")))
    for each in attributes:
        console.print(Text(f"      {each}"))
