"""`caisson failover` and `caisson failback`: move a jurisdiction's primaries."""

from pathlib import Path
from typing import Any

import click

from caisson.cli import output
from caisson.cli.client import Client, ControllerGone, OrderRefused, connect, refuse
from caisson.cli.estates import estate_option, json_option, layout_of
from caisson.cli.views.operation import show_operation, show_plan

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
    client = connect(layout_of(estate, as_json=as_json), as_json=as_json)
    _perform(
        client,
        "failover",
        as_json=as_json,
        environment=environment,
        region=region,
        plan_only=plan_only,
        accept_loss=accept_loss,
    )


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
    client = connect(layout_of(estate, as_json=as_json), as_json=as_json)
    _perform(
        client,
        "failback",
        as_json=as_json,
        environment=environment,
        region=region,
        plan_only=plan_only,
    )


def _perform(client: Client, verb: str, *, as_json: bool, **arguments: Any) -> None:
    try:
        answer = client.order(verb, **arguments)
    except OrderRefused as error:
        refuse(error, as_json=as_json)
    except ControllerGone as error:
        output.fail(output.BROKEN, str(error), as_json=as_json)
    if as_json:
        output.print_json(answer)
    elif "plan" in answer:
        show_plan(output.screen(), answer["plan"])
    else:
        show_operation(output.screen(), answer)
    raise SystemExit(output.ALL_WELL if answer.get("state", "done") == "done" else output.BROKEN)
