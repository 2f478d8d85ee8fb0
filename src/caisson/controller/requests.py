"""Orders that arrive over the console's API, checked and passed on."""

from collections.abc import Callable
from typing import Any

from caisson.console.server import BadRequest
from caisson.console.server import Refused as ConsoleRefused
from caisson.controller import tenant_requests
from caisson.controller.backups import Backups
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
            return tenant_requests.answer(self._tenants, self._backed_up(arguments), arguments)
        replica_set, keep = self._backed_up(arguments), arguments.get("keep") is True
        moment = _moment(arguments)
        if arguments.get("plan_only") is True:
            plan = self._backups.restore_plan(replica_set, moment, keep=keep)
            return {"plan": to_document(plan)}
        return operation_document(self._backups.restore(replica_set, moment, keep=keep))

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
