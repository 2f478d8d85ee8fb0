"""An AWS that is none, with as many accounts as are asked for, on loopback.

moto answers in this process. Whose request it is, is told by the access key: in these tests that
is the number of an account, which is more than moto itself would make of it.
"""

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock, Thread
from typing import Any
from unittest.mock import patch

import boto3
from account_hosts import Application, with_account_hosts
from botocore.config import Config
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto_mended import mended
from werkzeug.serving import make_server

_ACCESS_KEY = re.compile(r"Credential=(\d{12})/")
_GLOBAL = "us-east-1"
_LOG = logging.getLogger(__name__)


@contextmanager
def emulated_aws() -> Iterator[str]:
    """Give the address of an AWS that is empty at first, and forgets at the end."""
    log = logging.getLogger("werkzeug")
    level = log.level
    log.setLevel(logging.ERROR)
    moto_api_backend.reset()
    moto = DomainDispatcherApplication(create_backend_app)
    application = with_account_hosts(_by_account(_one_by_one(moto)))
    server = make_server("127.0.0.1", 0, application, True, request_handler=MotoRequestHandler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with mended():
            yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        moto_api_backend.reset()
        log.setLevel(level)


def _one_by_one(application: Application) -> Application:
    """Return an application that answers one request at a time, and tells when it fails.

    moto's threads change what others are reading. Such a failure is answered with 500 after the
    thing was made; the provider asks again, and hears that there is one already.
    """
    alone = Lock()

    def answer(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        def started(status: str, *more: Any) -> Any:
            if status.startswith("5"):
                asked = f"{environ['REQUEST_METHOD']} {environ['HTTP_HOST']}{environ['PATH_INFO']}"
                _LOG.error("%s: %s", asked, status)
            return start(status, *more)

        with alone:
            return list(application(environ, started))

    return answer


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
