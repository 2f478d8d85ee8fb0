"""Orders that arrive over the console's API, checked and passed on."""

from collections.abc import Callable
from typing import Any

from caisson.console.server import BadRequest
from caisson.console.server import Refused as ConsoleRefused
from caisson.controller import tenant_requests
from caisson.controller.adoption import Adoption
from caisson.controller.backups import Backups, Wanted
from caisson.controller.drills import Drills
from caisson.controller.operations import Operations, Refused
from caisson.controller.promises import Promises
from caisson.controller.recovery_points import RecoveryPoints
from caisson.controller.restore_drills import RestoreDrills
from caisson.controller.snapshot import operation_document
from caisson.controller.tenants import TenantRestores
from caisson.drill.restoring import RESTORE_FAULTS
from caisson.ledger.evidence import evidence_from_json
from caisson.plan.document import to_document
from caisson.targets.local.supervision import SupervisorError
from caisson.topology.query import Index

FAULTS = ("lose-region", "freeze-region", "kill")


class Requests:
    """One method for each verb; every one of them may block."""

    def __init__(
        self,
        index: Index,
        operations: Operations,
        drills: Drills,
        backups: Backups,
        recovery_points: RecoveryPoints,
        restore_drills: RestoreDrills,
        tenants: TenantRestores,
        adoption: Adoption,
        promises: Promises,
        stop: Callable[[], None],
    ) -> None:
        self._index = index
        self._operations = operations
        self._drills = drills
        self._backups = backups
        self._recovery_points = recovery_points
        self._restore_drills = restore_drills
        self._tenants = tenants
        self._adoption = adoption
        self._promises = promises
        self._stop = stop
        self._verbs: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "failover": self._failover,
            "failback": self._failback,
            "backup": self._backup,
            "backups": lambda _: backups.document(),
            "restore": self._restore,
            "verify": lambda a: backups.verifications.verify(self._backed_up(a)),
            "recovery-point": self._recovery_point,
            "drill-restore": self._drill_restore,
            "adopt": self._adopt,
            "adoptable": lambda a: adoption.document(self._of_postgres(a)),
            "drop": self._drop,
            "drill-begin": self._drill_begin,
            "drill-strike": lambda a: {"at": drills.strike(_text(a, "drill"))},
            "drill-renew": self._drill_renew,
            "drill-undo": self._drill_undo,
            "drill-end": self._drill_end,
            "down": self._down,
        }

    def request(self, verb: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if verb not in self._verbs:
            raise BadRequest((f"there is no verb {verb}; there are {', '.join(self._verbs)}",))
        try:
            return self._verbs[verb](arguments)
        except Refused as refusal:
            raise ConsoleRefused(refusal.reasons) from refusal
        except SupervisorError as error:
            raise ConsoleRefused((str(error),)) from error

    def _failover(self, arguments: dict[str, Any]) -> dict[str, Any]:
        environment, region = self._place(arguments)
        accept = arguments.get("accept_loss") is True
        if arguments.get("plan_only") is True:
            plan = self._operations.failover_plan(environment, region, accept_loss=accept)
            return {"plan": to_document(plan)}
        return operation_document(
            self._operations.failover(environment, region, accept_loss=accept)
        )

    def _failback(self, arguments: dict[str, Any]) -> dict[str, Any]:
        environment, region = self._place(arguments)
        if arguments.get("plan_only") is True:
            return {"plan": to_document(self._operations.failback_plan(environment, region))}
        return operation_document(self._operations.failback(environment, region))

    def _backup(self, arguments: dict[str, Any]) -> dict[str, Any]:
        replica_set, full = self._backed_up(arguments), arguments.get("full") is True
        anew = arguments.get("new") is True
        if arguments.get("plan_only") is True:
            plan = self._backups.backup_plan(replica_set, full=full, anew=anew)
            return {"plan": to_document(plan)}
        return operation_document(self._backups.back_up(replica_set, full=full, anew=anew))

    def _restore(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if tenant_requests.concerns(arguments):
            return tenant_requests.answer(self._tenants, self._of_postgres(arguments), arguments)
        replica_set, keep = self._backed_up(arguments), arguments.get("keep") is True
        moment = _moment(arguments)
        if any(arguments.get(each) is not None for each in ("before", "region", "shard")):
            self._of_postgres(arguments)
        wanted = Wanted(
            _number(arguments, "before"),
            self._region_for(replica_set, arguments),
            self._shard_of(replica_set, arguments),
        )
        if arguments.get("plan_only") is True:
            plan = self._backups.restore_plan(replica_set, moment, keep=keep, wanted=wanted)
            return {"plan": to_document(plan)}
        done = self._backups.restore(replica_set, moment, keep=keep, wanted=wanted)
        return operation_document(done)

    def _adopt(self, arguments: dict[str, Any]) -> dict[str, Any]:
        replica_set, shard = self._of_postgres(arguments), None
        if arguments.get("undo") is True:
            shard = self._shard_of(replica_set, arguments)
            name = self._adoption.newest_aside(replica_set, shard)
        else:
            name = _text(arguments, "name")
        try:
            if arguments.get("plan_only") is True:
                return {"plan": to_document(self._adoption.plan(replica_set, name))}
            return operation_document(self._adoption.adopt(replica_set, name))
        except KeyError as error:
            raise BadRequest((self._no_such(replica_set, name),)) from error

    def _drop(self, arguments: dict[str, Any]) -> dict[str, Any]:
        replica_set, name = self._of_postgres(arguments), _text(arguments, "name")
        try:
            if arguments.get("plan_only") is True:
                return {"plan": to_document(self._adoption.drop_plan(replica_set, name))}
            return operation_document(self._adoption.drop(replica_set, name))
        except KeyError as error:
            raise BadRequest((self._no_such(replica_set, name),)) from error

    def _no_such(self, replica_set: str, name: str) -> str:
        there = self._adoption.document(replica_set)
        names = [each["name"] for each in (*there["copies"], *there["shards"])]
        listed = (
            f"what lies there: {', '.join(names)}"
            if names
            else (f"nothing lies there: `caisson restore {replica_set} --keep` makes a copy")
        )
        return f"nothing lies beside {replica_set} as {name}; {listed}"

    def _region_for(self, replica_set: str, arguments: dict[str, Any]) -> str | None:
        """A region into which the data may go, None when none was named."""
        if arguments.get("region") is None:
            return None
        region, known = _text(arguments, "region"), self._backups.regions_for(replica_set)
        if region not in known:
            raise BadRequest(
                (
                    f"{region} is no region into which {replica_set} is restored; there are"
                    f" {', '.join(known)}",
                )
            )
        return region

    def _shard_of(self, replica_set: str, arguments: dict[str, Any]) -> int | None:
        shard, count = _number(arguments, "shard"), self._index.replica_set[replica_set].shards
        if shard is not None and not 0 <= shard < count:
            raise BadRequest((f"{replica_set} has no shard {shard}; there are 0 to {count - 1}",))
        return shard

    def _recovery_point(self, arguments: dict[str, Any]) -> dict[str, Any]:
        subject, known = _text(arguments, "subject"), self._recovery_points.subjects()
        if subject not in known:
            there_are = ", ".join(known) or "none"
            raise BadRequest((f"nothing of {subject} is backed up here; what has: {there_are}",))
        keep, moment = arguments.get("keep") is True, _moment(arguments)
        if arguments.get("plan_only") is True:
            return self._recovery_points.plans(subject, moment, keep=keep)
        return self._recovery_points.restore(subject, moment, keep=keep)

    def _backed_up(self, arguments: dict[str, Any]) -> str:
        replica_set, known = _text(arguments, "replica_set"), self._backups.sets()
        if replica_set not in known:
            there_are = ", ".join(known) or "none"
            raise BadRequest(
                (f"{replica_set} is not backed up here; what is: {there_are}",),
            )
        return replica_set

    def _of_postgres(self, arguments: dict[str, Any]) -> str:
        """What only a store of Postgres has: single shards, tenants, transactions, a switch."""
        replica_set = self._backed_up(arguments)
        system = self._index.replica_set[replica_set].system
        if system != "postgres":
            why = f"{replica_set} is a store of {system}: this is done to stores of postgres only"
            raise BadRequest((why,))
        return replica_set

    def _drill_restore(self, arguments: dict[str, Any]) -> dict[str, Any]:
        fault, replica_set = _text(arguments, "fault"), self._backed_up(arguments)
        if fault not in RESTORE_FAULTS:
            raise BadRequest((f"there is no fault {fault}; there are {', '.join(RESTORE_FAULTS)}",))
        return self._restore_drills.hold(fault, replica_set)

    def _drill_begin(self, arguments: dict[str, Any]) -> dict[str, Any]:
        fault, subject = _text(arguments, "fault"), _text(arguments, "subject")
        if fault not in FAULTS:
            raise BadRequest((f"there is no fault {fault}; there are {', '.join(FAULTS)}",))
        regions = {c.region for c in self._index.component.values() if c.jurisdiction}
        known = set(self._index.component) if fault == "kill" else regions
        if subject not in known:
            raise BadRequest((f"there is no {subject}; there are {', '.join(sorted(known))}",))
        return {"drill": self._drills.begin(fault, subject).id}

    def _drill_renew(self, arguments: dict[str, Any]) -> dict[str, Any]:
        self._drills.renew(_text(arguments, "drill"))
        return {}

    def _drill_undo(self, arguments: dict[str, Any]) -> dict[str, Any]:
        self._drills.undo(_text(arguments, "drill"))
        return {}

    def _down(self, _: dict[str, Any]) -> dict[str, Any]:
        self._stop()
        return {}

    def _drill_end(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The drill's report, and what of it is evidence; fingerprints are made here."""
        result = arguments.get("result")
        if not isinstance(result, dict):
            raise BadRequest(("`result` must be the drill's report",))
        for body in arguments.get("evidence", []):
            fingerprint = self._promises.fingerprint(str(body.get("subject")))
            try:
                evidence = evidence_from_json({**body, "fingerprint": fingerprint})
            except ValueError as error:
                raise BadRequest((str(error),)) from error
            self._promises.record_evidence(evidence)
        self._drills.end(_text(arguments, "drill"), result)
        return {}

    def _place(self, arguments: dict[str, Any]) -> tuple[str, str]:
        environment, region = _text(arguments, "environment"), _text(arguments, "region")
        sites = self._index.components_of
        if f"{environment}/{region}" not in sites:
            there_are = ", ".join(sorted(sites))
            raise BadRequest((f"there is no site {environment}/{region}; there are {there_are}",))
        return environment, region


def _text(arguments: dict[str, Any], name: str) -> str:
    value = arguments.get(name)
    if not isinstance(value, str):
        raise BadRequest((f"`{name}` must be a text",))
    return value


def _moment(arguments: dict[str, Any]) -> float | None:
    moment = arguments.get("moment")
    if not isinstance(moment, float | int | None):
        raise BadRequest(("`moment` must be seconds since the epoch, or absent",))
    return moment


def _number(arguments: dict[str, Any], name: str) -> int | None:
    value = arguments.get(name)
    if isinstance(value, bool) or not isinstance(value, int | None):
        raise BadRequest((f"`{name}` must be a whole number, or absent",))
    return value
