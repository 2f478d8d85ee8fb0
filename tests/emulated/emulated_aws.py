"""An AWS that is none, with as many accounts as are asked for, on loopback.

moto answers in this process. Whose request it is, is told by the access key: in these tests that
is the number of an account, which is more than moto itself would make of it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import boto3
from account_hosts import with_account_hosts
from botocore.config import Config
from moto_mended import mended

from moto_served import Application, served

_ACCESS_KEY = re.compile(r"Credential=(\d{12})/")
_GLOBAL = "us-east-1"


@contextmanager
def emulated_aws() -> Iterator[str]:
    """Give the address of an AWS that is empty at first, and forgets at the end."""
    with served(lambda moto: with_account_hosts(_by_account(moto))) as address, mended():
        yield address


def _by_account(application: Application) -> Application:
    """Return an application in which each request belongs to the account of its access key."""

    def answer(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if found := _ACCESS_KEY.search(environ.get("HTTP_AUTHORIZATION", "")):
            environ["HTTP_X_MOTO_ACCOUNT_ID"] = found[1]
        return application(environ, start)

    return answer


def found_there(
    endpoint: str, management: str, security: str, accounts: Mapping[str, str], regions: list[str]
) -> None:
    """Make what there is before Terraform comes.

    That is an organization with its accounts, whose names are told by their numbers; a detector in
    each region, which AWS makes where the organization gives GuardDuty into the hands of the
    account `security`; and AWS's own lists of addresses.
    """
    organizations = client("organizations", endpoint, management, _GLOBAL)
    organizations.create_organization(FeatureSet="ALL")
    for number, name in accounts.items():
        with patch("moto.organizations.utils.make_random_account_id", lambda n=number: n):
            organizations.create_account(AccountName=name, Email=f"{name}@example.com")
    for region in regions:
        client("guardduty", endpoint, security, region).create_detector(Enable=True)
        for number in accounts:
            client("ec2", endpoint, number, region).create_managed_prefix_list(
                PrefixListName=f"com.amazonaws.{region}.route53-healthchecks",
                MaxEntries=20,
                AddressFamily="IPv4",
            )


def client(service: str, endpoint: str, account: str, region: str) -> Any:
    """Return what speaks to a service as an account of its own."""
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=account,
        aws_secret_access_key="none",
        config=Config(retries={"max_attempts": 1}, proxies={}),
    )
