"""What became of a restore on a machine that had nothing but the repository and its key."""

from typing import Any

from rich.console import Console
from rich.text import Text

from caisson.cli.views.words import paragraph
from caisson.ledger.wording import duration


def show_fresh(console: Console, document: dict[str, Any]) -> None:
    """Whose repository it is, and each store with what it answered and how to start it."""
    if document["inventory"]:
        whose = f"{document['environment']}/{document['jurisdiction']}"
        written = document["inventory"]["written_at"]
        head = Text.assemble((f"{document['estate']}: {whose}", "bold"), f"  as of {written}")
        paragraph(console, head, indent=0)
    else:
        told = f"{document['unknown']}: nothing can be asked of what is restored"
        paragraph(console, Text(told, "yellow"), indent=0)
    for each in document["stores"]:
        _show_store(console, each)
    for each in document["without_backups"]:
        paragraph(console, Text(f"{each}: declared, and no backups are here", "red"), indent=0)


def _show_store(console: Console, store: dict[str, Any]) -> None:
    mark = Text("✓ ", "green") if store["answered"] else Text("✗ ", "red")
    paragraph(console, mark + Text(store["store"], "bold"), indent=0)
    for line in _lines(store):
        paragraph(console, line, indent=2, lead="  ")


def _lines(store: dict[str, Any]) -> list[Text]:
    if store["why_not"]:
        return [Text(f"not restored: {store['why_not']}", "bold red")]
    asked, left = store["asked"], store["left"]
    took = f"restored from {store['backup']} in {duration(store['restore_s'])}"
    newest = asked["newest"]
    lines = [Text(f"{took}; its newest transaction is of {newest}" if newest else took)]
    if asked["short"]:
        lines.append(Text(asked["short"], "bold red"))
    lines += [Text(f"wrong: {each}", "bold red") for each in asked["wrong"]]
    lines.append(_asked(asked))
    lines += [Text(f"not asked: {each}", "yellow") for each in asked["unasked"]]
    if left:
        lines += [
            Text(f"start it, not as root:  {left['start']}"),
            Text(f"reach it:               {left['connect']}"),
            Text(f"its password:           {left['password_file']}"),
        ]
    return lines


def _asked(asked: dict[str, Any]) -> Text:
    if not asked["count"]:
        return Text("no question was asked: nobody can tell whether it is any good", "yellow")
    right = asked["count"] - len(asked["wrong"])
    return Text(f"{right} of {asked['count']} questions answered as they should be", "green")
