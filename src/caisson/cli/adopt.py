"""`caisson adopt`."""

from pathlib import Path

import click

from caisson.cli import output
from caisson.cli.estates import estate_option, json_option
from caisson.cli.orders import end_with, order
from caisson.cli.views.adoptable import show_adoptable

_LONGEST_S = 86_400.0


@click.command()
@click.argument("replica_set", metavar="STORE")
@click.argument("name", required=False)
@click.option("--undo", is_flag=True, help="Switch back to what was set aside last.")
@click.option("--shard", type=click.IntRange(0), metavar="N", help="Of --undo: of shard_N alone.")
@click.option("--drop", is_flag=True, help="Delete what lies aside as NAME, for good.")
@click.option("--plan", "plan_only", is_flag=True, help="Show what would be done, and do nothing.")
@estate_option
@json_option
def adopt(
    replica_set: str,
    name: str | None,
    undo: bool,
    shard: int | None,
    drop: bool,
    plan_only: bool,
    estate: Path | None,
    as_json: bool,
) -> None:
    """Switch STORE, such as production/us/blocks, to what was restored as NAME.

    NAME is a copy that `restore --keep` left in the primary's region, or a shard that `restore
    --shard` laid beside the others. What is there now is set aside and stays until --drop.
    Without NAME: list what there is.
    """
    if undo and (name is not None or drop):
        raise click.UsageError("--undo finds by itself what to switch back to: leave NAME out")
    if shard is not None and not undo:
        raise click.UsageError("--shard is for --undo; a NAME says which shard it is")
    if name is None and not undo and (drop or plan_only):
        raise click.UsageError("write the NAME too: `caisson adopt STORE` lists what there is")
    if name is None and not undo:
        _list(replica_set, estate, as_json=as_json)
        return
    answer = order(
        "drop" if drop else "adopt",
        estate,
        as_json=as_json,
        within_s=_LONGEST_S,
        replica_set=replica_set,
        name=name,
        undo=undo,
        shard=shard,
        plan_only=plan_only,
    )
    end_with(answer, as_json=as_json)


def _list(replica_set: str, estate: Path | None, *, as_json: bool) -> None:
    answer = order("adoptable", estate, as_json=as_json, replica_set=replica_set)
    if as_json:
        output.print_json(answer)
    else:
        show_adoptable(output.screen(), answer)
