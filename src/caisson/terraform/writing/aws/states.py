"""Where Terraform keeps its states: a bucket for each area and each account of the organization.

A root cannot read its state from a bucket that it has yet to make. Its first apply keeps the
state in its folder, without `backend.tf.json`; `terraform init -migrate-state` with that file
then moves it into the bucket. `caisson apply` does both.
"""

from collections.abc import Iterator

from caisson.terraform.writing.aws import handles
from caisson.terraform.writing.aws.aliases import state_alias
from caisson.terraform.writing.aws.buckets import Private, bucket, only_account
from caisson.terraform.writing.aws.own_keys import OwnKey, key, key_of
from caisson.terraform.writing.blueprint import MANAGEMENT, SECURITY, Blueprint
from caisson.terraform.writing.model import Block, Value
from caisson.terraform.writing.names import physical

_FILE = "states"
_NAME = "states"
# How long one can go back to what a state was.
_DAYS_OF_VERSIONS = 90


def write(environment: str, plan: Blueprint) -> Iterator[Block]:
    for area in plan.of_environment(environment):
        called = state_bucket(plan, environment, area.account, area.jurisdiction)
        yield from _states(state_alias(area.jurisdiction), area.jurisdiction, area.account, called)


def of_management(plan: Blueprint) -> Iterator[Block]:
    yield from _once(handles.ORGANIZATION, MANAGEMENT, plan)


def of_security(plan: Blueprint) -> Iterator[Block]:
    yield from _once(handles.SECURITY, SECURITY, plan)


def state_bucket(plan: Blueprint, whose: str, account: str, jurisdiction: str = "") -> str:
    """Return the bucket of the states of an area or an account, by a name that is free."""
    return physical(plan.estate.estate, whose, jurisdiction, "state", account)


def _once(provider: str, whose: str, plan: Blueprint) -> Iterator[Block]:
    account = plan.aws.accounts[whose]
    yield from _states(provider, _NAME, account, state_bucket(plan, whose, account))


def _states(provider: str, name: str, account: str, called: str) -> Iterator[Block]:
    own = OwnKey(_FILE, name, provider, account, called, "Encrypts the states of Terraform.")
    yield from key(own)
    private = Private(_FILE, name, provider, called, key_of(own))
    yield from bucket(private, [_old_versions()], only_account(private, account))


def _old_versions() -> dict[str, Value]:
    return {
        "id": "old-versions",
        "status": "Enabled",
        "filter": {},
        "expiration": {"expired_object_delete_marker": True},
        "noncurrent_version_expiration": {"noncurrent_days": _DAYS_OF_VERSIONS},
    }
