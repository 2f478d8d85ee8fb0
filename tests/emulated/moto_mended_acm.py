"""What moto's certificates do otherwise than AWS's."""

import math
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from moto import settings
from moto.acm.models import CertBundle
from moto.route53.models import Route53Backend, route53_backends

_checked = CertBundle.check


def mendings() -> Iterator[Any]:
    """Yield what mends moto, to be entered."""
    # It validates a certificate after a minute, whether its records are there or not.
    yield patch.object(settings, "ACM_VALIDATION_WAIT", math.inf)
    yield patch.object(CertBundle, "check", _check)


def _check(self: CertBundle) -> None:
    _checked(self)
    if self.status == "PENDING_VALIDATION" and _asked(self) <= _recorded(self.arn.split(":")[4]):
        self.status = "ISSUED"


def _asked(certificate: CertBundle) -> set[tuple[str, str]]:
    options = certificate.describe()["Certificate"]["DomainValidationOptions"]
    records = [each["ResourceRecord"] for each in options]
    return {(each["Name"].rstrip("."), each["Value"].rstrip(".")) for each in records}


def _recorded(account: str) -> set[tuple[str, str]]:
    backend: Route53Backend = route53_backends[account]["aws"]
    return {
        (record.name.rstrip("."), value.rstrip("."))
        for zone in backend.zones.values()
        for record in zone.rrsets
        if record.type == "CNAME"
        for value in record.records
    }
