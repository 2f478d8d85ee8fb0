"""Certificates, for which AWS asks the zone of the domain whose it is, and asks again each year."""

from collections.abc import Iterator
from dataclasses import dataclass

from caisson.terraform.writing.aws import handles
from caisson.terraform.writing.model import Block, Value
from caisson.terraform.writing.names import label
from caisson.terraform.writing.references import attribute, expression, remote

# Of the first domain of a certificate: "Public certificate characteristics".
MOST_LETTERS = 64
_TTL_S = 300


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate for `domains` in the region of a provider; its root needs BASE.

    `like` is one for the same domains in another region, which has the same answers in the zone.
    """

    file: str
    name: str
    provider: str
    domains: tuple[str, ...]
    like: "Certificate | None" = None


def certificate(asked: Certificate) -> Iterator[Block]:
    """Yield the certificate, what answers AWS in the zone, and that it was given then."""
    yield _asked_for(asked)
    if asked.like is None:
        for domain in asked.domains:
            yield _answer(asked, domain)
    yield given(asked)


def given(asked: Certificate) -> Block:
    """Return the certificate once it is valid, which is what others refer to."""
    answers = (_answer(asked.like or asked, each) for each in asked.domains)
    body: dict[str, Value] = {
        "certificate_arn": attribute(_asked_for(asked), "arn"),
        "validation_record_fqdns": [attribute(each, "fqdn") for each in answers],
    }
    kind = "aws_acm_certificate_validation"
    return Block(asked.file, kind, asked.name, asked.provider, body)


def _asked_for(asked: Certificate) -> Block:
    first, *others = asked.domains
    body: dict[str, Value] = {
        "domain_name": first,
        "subject_alternative_names": list(others) or None,
        "validation_method": "DNS",
        "lifecycle": {"create_before_destroy": True},
        "tags": {"Name": first},
    }
    return Block(asked.file, "aws_acm_certificate", asked.name, asked.provider, body)


def _answer(asked: Certificate, domain: str) -> Block:
    options = f"{_asked_for(asked).address}.domain_validation_options"
    wanted = f'one([for each in {options} : each if each.domain_name == "{domain}"])'
    body: dict[str, Value] = {
        "zone_id": remote(handles.BASE, handles.zone_id()),
        "name": expression(f"{wanted}.resource_record_name"),
        "type": expression(f"{wanted}.resource_record_type"),
        "records": [expression(f"{wanted}.resource_record_value")],
        "ttl": _TTL_S,
    }
    name = label(asked.name, domain.replace(".", "_"))
    return Block(asked.file, "aws_route53_record", name, asked.provider, body)
