"""What a store can be switched to: copies, what was set aside, and single shards."""

from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from caisson.cli.views.words import paragraph


def show_adoptable(console: Console, document: dict[str, Any]) -> None:
    head = Text.assemble(
        (document["replica_set"], "bold"), (f"  primary {document['primary']}", "dim")
    )
    paragraph(console, head, indent=0)
    for copy in document["copies"]:
        paragraph(console, _copy(copy), indent=2, lead="  ")
    for shard in document["shards"]:
        paragraph(console, _shard(shard), indent=2, lead="  ")
    if not document["copies"] and not document["shards"]:
        text = "nothing to switch to: `caisson restore STORE --keep` makes a copy"
        paragraph(console, Text(text, "yellow"), indent=2, lead="  ")


def _copy(copy: dict[str, Any]) -> Text:
    found = Text.assemble(copy["name"], (f"  in {copy['region']}, {_what(copy)}", "dim"))
    if copy["why_not"]:
        found.append(f"  {copy['why_not']}", "bold red")
    return found


def _what(copy: dict[str, Any]) -> str:
    if copy["before"]:
        return f"as before transaction {copy['before']}"
    if copy["runs"]:
        return f"as of {copy['moment'] or 'the newest'}"
    when = datetime.fromtimestamp(copy["since"] or 0).astimezone()
    return f"lies there since {when:%Y-%m-%d %H:%M:%S}"


def _shard(shard: dict[str, Any]) -> Text:
    state = "" if shard["whole"] else "  not compared with its copy: drop it"
    return Text.assemble(
        shard["name"], (f"  shard_{shard['shard']}, {shard['kind']}", "dim"), (state, "bold red")
    )
