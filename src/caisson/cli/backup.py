"""`caisson backup`, `caisson backups` and `caisson restore`."""

from pathlib import Path

import click

from caisson.cli import output
from caisson.cli.estates import estate_option, json_option
from caisson.cli.from_repository import FROM_REPOSITORY, OrFromRepository
from caisson.cli.moments import Moment
from caisson.cli.orders import end_with, order
from caisson.cli.recovery_point import is_one, restore_all
from caisson.cli.tenants_option import of_tenants, tell_undo, tenant_options
from caisson.cli.views.backups import show_backups

_LONGEST_S = 86_400.0
_plan_option = click.option(
    "--plan", "plan_only", is_flag=True, help="Show what would be done, and do nothing."
)


@click.command()
@click.argument("replica_set", metavar="STORE")
@click.option("--full", is_flag=True, help="Copy everything, not only what changed.")
@click.option("--new", "anew", is_flag=True, help="Begin anew where all backups are gone.")
@_plan_option
@estate_option
@json_option
def backup(
    replica_set: str, full: bool, anew: bool, plan_only: bool, estate: Path | None, as_json: bool
) -> None:
    """Back up STORE, such as production/us/blocks, now.

    The schedule of the estate goes on by itself; this is for the moment before something risky.
    """
    answer = order(
        "backup",
        estate,
        as_json=as_json,
        within_s=_LONGEST_S,
        replica_set=replica_set,
        full=full,
        new=anew,
        plan_only=plan_only,
    )
    end_with(answer, as_json=as_json)


@click.command(cls=OrFromRepository, epilog=FROM_REPOSITORY)
@click.argument("replica_set", metavar="STORE")
@click.option("--to", "moment", type=Moment(), help="Restore this moment (default: the newest).")
@tenant_options
@click.option(
    "--before",
    type=click.IntRange(3),
    metavar="XID",
    help="Restore what was there just before this transaction (pg_current_xact_id).",
)
@click.option(
    "--shard", type=click.IntRange(0), metavar="N", help="Lay shard_N of it beside the shards."
)
@click.option(
    "--in", "region", metavar="REGION", help="Where the copy lies (default: the backups')."
)
@click.option("--keep", is_flag=True, help="Leave the copy running, to look into it or adopt it.")
@_plan_option
@estate_option
@json_option
def restore(
    replica_set: str,
    moment: float | None,
    before: int | None,
    shard: int | None,
    region: str | None,
    keep: bool,
    tenants: tuple[str, ...],
    tenants_file: Path | None,
    undo: str | None,
    forget: str | None,
    plan_only: bool,
    estate: Path | None,
    as_json: bool,
) -> None:
    """Restore STORE, such as production/us/blocks, beside what runs, and ask its questions.

    All stores of a jurisdiction, such as production/us, are restored to one moment. Nothing that
    runs is touched. A copy that has answered every question of the estate is evidence for the
    promises about it; the copy is then discarded, unless --keep. `caisson adopt` switches to what
    was restored.

    With --tenants, the rows that the copy has of them come in place of those that they have, and
    nobody else is touched. What is replaced is kept until --forget.
    """
    if moment is not None and before is not None:
        raise click.UsageError("--to and --before name two moments: write one of them")
    if shard is not None and keep:
        raise click.UsageError("--shard leaves the shard in the primary: leave --keep out")
    if is_one(replica_set) and not (tenants or tenants_file or undo or forget):
        restore_all(replica_set, moment, estate, keep=keep, plan_only=plan_only, as_json=as_json)
    answer = order(
        "restore",
        estate,
        as_json=as_json,
        within_s=_LONGEST_S,
        replica_set=replica_set,
        moment=moment,
        before=before,
        shard=shard,
        region=region,
        keep=keep,
        plan_only=plan_only,
        **of_tenants(tenants, tenants_file, undo, forget, moment=moment, keep=keep),
    )
    tell_undo(replica_set, answer)
    end_with(answer, as_json=as_json)


@click.command()
@estate_option
@json_option
def backups(estate: Path | None, as_json: bool) -> None:
    """List the backups of each store: their age and size, and the last restore that was checked."""
    answer = order("backups", estate, as_json=as_json, within_s=_LONGEST_S)
    if as_json:
        output.print_json(answer)
    else:
        show_backups(output.screen(), answer)
    unread = any(each["why_not"] or each["gone"] for each in answer["backups"])
    raise SystemExit(output.BROKEN if unread else output.ALL_WELL)
