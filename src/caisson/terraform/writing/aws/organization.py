"""The organization: its accounts, by purpose, and the guardrails around them.

    root ─┬─ security ─── the account where logs are kept
          └─ workloads ─┬─ production ─── its account
                        └─ staging ────── its account

The numbers of accounts are in the estate, so that the accounts were there before this: whoever
begins makes the organization (`aws organizations create-organization`) and each account
(`aws organizations create-account`) and writes down the numbers. Terraform adopts them.
"""

from collections.abc import Iterator
from dataclasses import replace

from caisson.terraform.writing.aws import handles
from caisson.terraform.writing.aws.aliases import region_alias, regions
from caisson.terraform.writing.aws.documents import document, short_policy
from caisson.terraform.writing.aws.guardrails import Guardrail, of_all, of_environment, of_security
from caisson.terraform.writing.blueprint import SECURITY, Blueprint
from caisson.terraform.writing.model import Block, Form, Import, Part, Value
from caisson.terraform.writing.names import label, physical
from caisson.terraform.writing.references import attribute

_FILE, _GUARDRAILS, _DELEGATED = "organization", "guardrails", "delegated"
_WORKLOADS = "workloads"
_TRUSTED = (
    "access-analyzer.amazonaws.com",
    "backup.amazonaws.com",
    "cloudtrail.amazonaws.com",
    "config.amazonaws.com",
    "guardduty.amazonaws.com",
    "ram.amazonaws.com",
)
# What the security account does for the whole organization; CloudTrail and GuardDuty have
# calls of their own for the same.
_DELEGATED_TO_SECURITY = ("access-analyzer", "config")
# An account keeps what it was made with: asking for another would mean a new account.
_LONGEST_NAME = 50
_AS_MADE = ("email", "iam_user_access_to_billing", "name", "role_name")


def write(plan: Blueprint) -> Iterator[Part]:
    found = Block(
        _FILE, "aws_organizations_organization", "found", handles.ORGANIZATION, {}, Form.DATA
    )
    yield found
    yield _organization()
    yield Import(_organization(), attribute(found, "id"))
    yield _unit(SECURITY, _root())
    yield _unit(_WORKLOADS, _root())
    for environment in plan.estate.environments:
        yield _unit_of(environment)
    yield from _account(SECURITY, _unit(SECURITY, _root()), plan)
    for environment in plan.estate.environments:
        yield from _account(environment, _unit_of(environment), plan)


def guardrails(plan: Blueprint) -> Iterator[Block]:
    """Yield the policies that no right in an account goes beyond."""
    for guardrail in of_all(plan):
        yield from _attached(guardrail, "everywhere", _root(), plan)
    unit = attribute(_unit(SECURITY, _root()), "id")
    yield from _attached(of_security(plan), SECURITY, unit, plan)
    for environment in plan.estate.environments:
        unit = attribute(_unit_of(environment), "id")
        for guardrail in of_environment(environment, plan):
            yield from _attached(guardrail, environment, unit, plan)


def delegated(plan: Blueprint) -> Iterator[Block]:
    """Yield what the security account may do for the whole organization."""
    number = f"${{aws_organizations_account.{SECURITY}.id}}"
    account: dict[str, Value] = {"account_id": number}
    for service in _DELEGATED_TO_SECURITY:
        body = {**account, "service_principal": f"{service}.amazonaws.com"}
        yield _block(_DELEGATED, "aws_organizations_delegated_administrator", service, body)
    yield _block(
        _DELEGATED, "aws_cloudtrail_organization_delegated_admin_account", SECURITY, account
    )
    for region in regions(plan):
        yield Block(
            _DELEGATED,
            "aws_guardduty_organization_admin_account",
            region_alias(region),
            region_alias(region),
            {"admin_account_id": number},
        )


def _organization() -> Block:
    return _block(
        _FILE,
        "aws_organizations_organization",
        "organization",
        {
            "feature_set": "ALL",
            "aws_service_access_principals": list(_TRUSTED),
            "enabled_policy_types": ["SERVICE_CONTROL_POLICY"],
            "lifecycle": {"prevent_destroy": True},
        },
    )


def _root() -> str:
    return attribute(_organization(), "roots[0].id")


def _unit(name: str, parent: str) -> Block:
    body: dict[str, Value] = {"name": name, "parent_id": parent, "tags": {"Name": name}}
    return _block(_FILE, "aws_organizations_organizational_unit", name, body)


def _unit_of(environment: str) -> Block:
    above = attribute(_unit(_WORKLOADS, _root()), "id")
    return replace(_unit(environment, above), name=label(_WORKLOADS, environment))


def account_name(estate: str, name: str) -> str:
    """Return what the account of an environment, or one of the organization's own, is called."""
    return physical(estate, name, limit=_LONGEST_NAME)


def _account(name: str, unit: Block, plan: Blueprint) -> Iterator[Part]:
    called = account_name(plan.estate.estate, name)
    made = _block(
        _FILE,
        "aws_organizations_account",
        name,
        {
            "name": called,
            "email": plan.aws.email.format(account=called),
            "parent_id": attribute(unit, "id"),
            "close_on_deletion": False,
            "tags": {"Name": called},
            "lifecycle": {"prevent_destroy": True, "ignore_changes": list(_AS_MADE)},
        },
    )
    yield made
    yield Import(made, plan.aws.accounts[name])


def _attached(guardrail: Guardrail, where: str, target: str, plan: Blueprint) -> Iterator[Block]:
    name = label(where, guardrail.name)
    called = physical(plan.estate.estate, where, guardrail.name, limit=128)
    text = document(_GUARDRAILS, name, handles.ORGANIZATION, *guardrail.statements)
    made = _block(
        _GUARDRAILS,
        "aws_organizations_policy",
        name,
        {
            "name": called,
            "description": guardrail.about,
            "type": "SERVICE_CONTROL_POLICY",
            "content": short_policy(text),
            "tags": {"Name": called},
        },
    )
    yield text
    yield made
    body: dict[str, Value] = {"policy_id": attribute(made, "id"), "target_id": target}
    yield _block(_GUARDRAILS, "aws_organizations_policy_attachment", name, body)


def _block(file: str, kind: str, name: str, body: dict[str, Value]) -> Block:
    return Block(file, kind, label(name), handles.ORGANIZATION, body)
