"""`caisson drill`: break something on purpose and measure what it did."""

import asyncio
import json
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from caisson.cli import output
from caisson.cli.client import Client, ControllerGone, OrderRefused, connect, refuse
from caisson.cli.estates import estate_option, json_option, layout_of, load_or_fail
from caisson.cli.probed import edge_of, writes_ledger
from caisson.cli.restore_drill import hold_restore_drill
from caisson.cli.views.drill import show_drill
from caisson.cli.views.progress import Progress
from caisson.cli.watching import Watching
from caisson.drill.model import FAULTS, Order
from caisson.drill.probe import ProbeError
from caisson.drill.report import render
from caisson.drill.restoring import RESTORE_FAULTS
from caisson.drill.run import DrillFailed, DrillRefused, run
from caisson.drill.stale import OldPrimary
from caisson.estate.loading import Loaded
from caisson.estate.model import LoseRegion, Probe
from caisson.targets.local.layout import Layout, write_whole


class ControllerEstate:
    """The running estate through its controller's API."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def snapshot(self) -> dict[str, Any]:
        return self._client.snapshot()

    def begin(self, fault: str, subject: str) -> str:
        return str(self._client.order("drill-begin", fault=fault, subject=subject)["drill"])

    def strike(self, drill: str) -> None:
        self._client.order("drill-strike", drill=drill)

    def renew(self, drill: str) -> None:
        with suppress(OrderRefused, ControllerGone):
            self._client.order("drill-renew", drill=drill)

    def undo(self, drill: str) -> None:
        self._client.order("drill-undo", drill=drill)

    def failback(self, environment: str, region: str) -> dict[str, Any]:
        return self._client.order("failback", environment=environment, region=region)

    def end(self, drill: str, result: dict[str, Any], evidence: list[dict[str, Any]]) -> None:
        self._client.order("drill-end", drill=drill, result=result, evidence=evidence)


@click.command()
@click.argument("fault", type=click.Choice((*FAULTS, *RESTORE_FAULTS)))
@click.argument("subject", metavar="REGION|COMPONENT|STORE")
@estate_option
@click.option("--environment", default="production", show_default=True, help="What is measured.")
@click.option("--rate", default=40.0, show_default=True, help="Writes per second and group.")
@json_option
def drill(
    fault: str, subject: str, estate: Path | None, environment: str, rate: float, as_json: bool
) -> None:
    r"""Break a region or a component of the running estate, measure, and put it back.

    \b
    lose-region REGION     SIGKILL everything in it at once
    freeze-region REGION   SIGSTOP everything in it; thawed after the failover
    kill COMPONENT         SIGKILL one component, such as production/us-west/blocks
    restore STORE          restore the newest, and a moment drawn at random, and ask each copy
    drop-table STORE       drop a table of the drill's own; restore to one second before
    corrupt-backup STORE   damage copies of its repository; is each damage named?
    ransom STORE           rob a restored copy with the services' passwords; what remains?
    """
    if fault in RESTORE_FAULTS:
        hold_restore_drill(estate, fault, subject, as_json=as_json)
    loaded = load_or_fail(estate, as_json=as_json)
    client = connect(layout_of(estate, as_json=as_json), as_json=as_json)
    result = perform(client, loaded, fault, subject, environment, rate, as_json=as_json)
    if as_json:
        output.print_json(result)
    else:
        show_drill(output.screen(), result)
    kept = all(verdict["verdict"] == "holds" for verdict in result["verdicts"])
    raise SystemExit(output.ALL_WELL if kept else output.BROKEN)


def perform(
    client: Client,
    loaded: Loaded,
    fault: str,
    subject: str,
    environment: str,
    rate: float,
    *,
    as_json: bool,
) -> dict[str, Any]:
    """Carry out one drill, write its page, and return its report; failures end the command."""
    layout = Layout(loaded.root.resolve())
    progress = Progress(output.notes())
    try:
        order = order_of(client.snapshot(), loaded, layout, fault, subject, environment, rate)
        result = _watched(client, order, progress)
    except OrderRefused as error:
        refuse(error, as_json=as_json)
    except DrillRefused as error:
        output.fail(output.WRONG_INPUT, str(error), as_json=as_json)
    except (DrillFailed, ProbeError, ControllerGone) as error:
        output.fail(output.BROKEN, str(error), as_json=as_json)
    except (KeyboardInterrupt, asyncio.CancelledError):
        output.fail(
            output.BROKEN, "interrupted: the controller restores the estate", as_json=as_json
        )
    page = layout.drills / f"{result['id']}.html"
    write_whole(page, render(result))
    return {**result, "report": str(page)}


def _watched(client: Client, order: Order, progress: Progress) -> dict[str, Any]:
    with Watching(client, progress):
        return asyncio.run(_interruptible(ControllerEstate(client), order, progress))


async def _interruptible(
    estate: ControllerEstate, order: Order, progress: Progress
) -> dict[str, Any]:
    """Ctrl-C and SIGTERM end the drill; its lease then ends the fault."""
    task = asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)  # type: ignore[union-attr]
    return await run(estate, order, progress)


def order_of(
    snapshot: dict[str, Any],
    loaded: Loaded,
    layout: Layout,
    fault: str,
    subject: str,
    environment: str,
    rate: float,
) -> Order:
    """What to do, from what is declared and what runs. Raises DrillRefused."""
    region = subject.split("/")[1] if fault == "kill" and subject.count("/") == 2 else subject  # noqa: PLR2004
    jurisdiction = _jurisdiction(snapshot, environment, region)
    edge = _edge(snapshot, environment)
    service, probe = _probed(loaded)
    tenants = loaded.estate.tenants
    struck = tuple(name for name, tenant in tenants.items() if tenant.home == jurisdiction)
    served = {s["jurisdiction"] for s in snapshot["sites"] if s["environment"] == environment}
    others = tuple(
        name
        for name, tenant in tenants.items()
        if tenant.home != jurisdiction and tenant.home in served
    )
    if not struck:
        raise DrillRefused(f"no tenant is at home in {jurisdiction}: nobody could measure")
    return Order(
        fault=fault,
        subject=subject,
        environment=environment,
        region=region,
        edge=edge,
        probe=probe,
        struck=struck,
        others=others,
        promises=tuple(p for p in loaded.estate.promises if isinstance(p, LoseRegion))
        if fault != "kill"
        else (),
        old_primaries=_old_primaries(snapshot, layout, environment, region)
        if fault == "freeze-region"
        else (),
        replication={
            name: store.replication
            for name, store in loaded.estate.stores.items()
            if store.system == "postgres"
        },
        per_second=rate,
        writes=writes_ledger(loaded, layout, environment, service),
    )


def _jurisdiction(snapshot: dict[str, Any], environment: str, region: str) -> str:
    places = {
        site["region"]: site["jurisdiction"]
        for site in snapshot["sites"]
        if site["environment"] == environment and site["jurisdiction"]
    }
    if region not in places:
        known = ", ".join(sorted(places)) or "none"
        raise DrillRefused(f"{environment} has no region {region}; it has {known}")
    return str(places[region])


def _edge(snapshot: dict[str, Any], environment: str) -> str:
    if edge := edge_of(snapshot, environment):
        return edge
    raise DrillRefused(f"{environment} has no public edge: no service is public")


def _probed(loaded: Loaded) -> tuple[str, Probe]:
    for name, service in loaded.estate.services.items():
        if service.public and service.probe:
            return name, service.probe
    raise DrillRefused(
        "no public service declares a `probe`: say how a drill may write and ask like a user"
    )


def _old_primaries(
    snapshot: dict[str, Any], layout: Layout, environment: str, region: str
) -> tuple[OldPrimary, ...]:
    """The Postgres primaries of a region, with the right that a service of that region has."""
    connections = [
        json.loads(path.read_text("utf-8"))
        for path in sorted(layout.conf(f"{environment}/{region}").glob("*/connections.json"))
    ]
    return tuple(
        OldPrimary(
            f"{environment}/{region}/{name}",
            store["host"],
            store["port"],
            store["database"],
            store["user"],
            store["password"],
        )
        for document in connections[:1]
        for name, store in document["stores"].items()
        if store["system"] == "postgres"
        and f"{store['host']}:{store['port']}" in _addresses(snapshot, environment, region)
    )


def _addresses(snapshot: dict[str, Any], environment: str, region: str) -> set[str]:
    return {
        component["address"]
        for site in snapshot["sites"]
        if (site["environment"], site["region"]) == (environment, region)
        for component in site["components"]
    }
