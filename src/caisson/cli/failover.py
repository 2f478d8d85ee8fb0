"""`caisson failover` and `caisson failback`: move a jurisdiction's primaries."""

from pathlib import Path

import click

from caisson.cli.estates import estate_option, json_option
from caisson.cli.orders import end_with, order

_environment_option = click.option(
    "--environment", default="production", show_default=True, help="Which copy of the estate."
)
_plan_option = click.option(
    "--plan", "plan_only", is_flag=True, help="Show what would be done, and do nothing."
)


@click.command()
@click.argument("region")
@_environment_option
@_plan_option
@click.option("--accept-loss", is_flag=True, help="Go on although acknowledged writes are lost.")
@estate_option
@json_option
def failover(
    region: str,
    environment: str,
    plan_only: bool,
    accept_loss: bool,
    estate: Path | None,
    as_json: bool,
) -> None:
    """Promote the standbys of what has its primaries in REGION.

    A primary that still answers is sealed first; one that does not is outlasted: its lease
    ends by itself. Refused where acknowledged writes beyond the promised RPO would be lost.
    """
    answer = order(
        "failover",
        estate,
        as_json=as_json,
        environment=environment,
        region=region,
        plan_only=plan_only,
        accept_loss=accept_loss,
    )
    end_with(answer, as_json=as_json)


@click.command()
@click.argument("region")
@_environment_option
@_plan_option
@estate_option
@json_option
def failback(
    region: str, environment: str, plan_only: bool, estate: Path | None, as_json: bool
) -> None:
    """Bring the primaries back to REGION, their home: rejoin, catch up, switch, lose nothing."""
    answer = order(
        "failback",
        estate,
        as_json=as_json,
        environment=environment,
        region=region,
        plan_only=plan_only,
    )
    end_with(answer, as_json=as_json)
