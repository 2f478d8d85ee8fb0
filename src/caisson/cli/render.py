"""`caisson render`: the estate as plain Terraform, in a folder that belongs to the team."""

from pathlib import Path

import click
from rich.markup import escape

from caisson.cli import output
from caisson.cli.aws_target import (
    out_option,
    overwrite_option,
    rendered,
    target_option,
    written_document,
)
from caisson.cli.estates import estate_argument, json_option
from caisson.terraform.writing.otherwise import otherwise


@click.command()
@estate_argument
@target_option
@out_option
@overwrite_option
@json_option
def render(estate: Path | None, target: str, out: Path, overwrite: bool, as_json: bool) -> None:
    """Write the Terraform of ESTATE into a folder (default: the estate of the current folder).

    The files are plain Terraform in its JSON syntax, a folder for each state, and need no
    Caisson. Rendered again, they are replaced; what stands beside them stays.
    """
    made = rendered(estate, out, overwrite=overwrite, as_json=as_json)
    roots = made.rendering.roots
    told = tuple(otherwise(made.loaded.estate, made.loaded.sources))
    if as_json:
        document = {
            "target": target,
            "folder": str(out),
            "roots": [each.path for each in roots],
            "files": written_document(made.written),
            "otherwise": [{"place": str(each.source), "what": each.what} for each in told],
        }
        output.print_json(document)
        return
    console = output.screen()
    console.print(
        f"[bold]{len(roots)} roots[/bold] in {escape(str(out))}, in the order of applying"
    )
    widest = max(len(each.path) for each in roots)
    for each in roots:
        blocks = output.plural(len(each.blocks), "block")
        console.print(f"  {each.path:<{widest}}  {blocks:>10}  [dim]{escape(each.purpose)}[/dim]")
    done = made.written
    console.print(
        f"{len(done.added)} files added, {len(done.changed)} changed, {len(done.removed)} removed, "
        f"{done.kept} as they were"
    )
    for other in told:
        console.print(f"[yellow]otherwise[/yellow]  {escape(f'{other.source}: {other.what}')}")
