"""What stands before the verdicts: what was read, and whose promises were asked."""

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from caisson.cli.checked import Checked, Report
from caisson.cli.views.words import paragraph
from caisson.prove.coverage import Coverage, coverage

_INDENT = 12
_MOST_TYPES = 6

EXAMPLE = """\
environments:
  production: {tags: {Environment: prod*}}
  staging: {tags: {Environment: stag*}}
promises:
  - {name: only-web-is-open, open to internet: [80, 443]}
  - {name: only-the-app-reaches-the-database, reach: aws_db_instance, from: [module.app]}
  - {name: staging-cannot-touch-production, isolate: [staging, production], except: account}
  - {name: encrypted, encrypted: [at rest, in transit]}
  - {name: survives-a-zone, lose: zone, rpo: 5m}
  - {name: eu-stays-in-eu, tenants: eu, data stays in: eu}
"""


def show_head(console: Console, report: Report) -> None:
    for one in report.checked:
        for word, said in _read(one):
            paragraph(console, Text(said), indent=_INDENT, lead=Text(word, "dim"))
    if len([one for one in report.checked if one.documents or one.folders]) > 1:
        said = "each by itself; --together reads them as one estate, and sees what crosses"
        paragraph(console, Text(said), indent=_INDENT, lead=Text("as", "dim"))
    console.print()


def _read(one: Checked) -> Iterator[tuple[str, str]]:
    terraform = bool(one.documents or one.folders)
    yield "read", f"{', '.join(one.documents) or one.name}: {covered(coverage([one.topology]))}"
    if one.roots:
        yield (
            "as",
            f"one estate of {len(one.roots)} roots: {', '.join(f'{r}:…' for r in one.roots)}",
        )
    if one.documents and one.folders:
        yield "sources", ", ".join(one.folders)
    elif one.documents:
        hint = "the *.tf files were not found: --source DIR names their folder, and tells more"
        yield "sources", hint
    if terraform:
        own = "Caisson's own defaults, for no file was given with --promises"
        yield "promises", own if one.defaults else f"{len(one.promises)} of the file"


def covered(counted: Coverage) -> str:
    """Say how much of what was read was understood."""
    if not counted.ignored:
        return f"all {counted.resources} resources understood"
    types = sorted(counted.ignored.items(), key=lambda pair: -pair[1])
    named = ", ".join(f"{count} {type_}" for type_, count in types[:_MOST_TYPES])
    more = f" and {len(types) - _MOST_TYPES} more types" if len(types) > _MOST_TYPES else ""
    return (
        f"{counted.understood} of {counted.resources} resources understood, but for {named}{more}"
    )


def nothing_promised(report: Report) -> str:
    """Say why there is no verdict at all."""
    if any(one.defaults for one in report.checked):
        return "none of the default promises speaks of what was read: write your own"
    return "nothing is promised: write `promises:` into the estate"


def show_example(console: Console) -> None:
    """Show how a promise file is written, to whoever has none."""
    text = "these promises are Caisson's defaults; a file of your own, for --promises, is such as:"
    paragraph(console, Text(text), indent=0)
    for line in EXAMPLE.splitlines():
        console.print(Text(f"    {line}", "dim"), soft_wrap=True)
    console.print()
