"""What `terraform test` says that it planned and made of a mocked root."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from mocked_roots import MADE, PLANNED

from terraform_runs import Terraform, without_network

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Made:
    """The managed resources of a root by address: what the plan does to them, and their values."""

    actions: Mapping[str, tuple[str, ...]]
    values: Mapping[str, Json]


def made(folder: Path, home: Path, aws: str) -> Made:
    """Return what comes of the root in `folder`, in which a mocking file lies.

    `aws` is the address of an AWS that is none, for what cannot be mocked.
    """
    terraform = _terraform(folder, home, aws)
    terraform.run("init", "-backend=false", "-input=false", "-no-color")
    said = [
        json.loads(line)
        for line in terraform.run("test", "-json", "-verbose", well=(0, 1)).splitlines()
    ]
    wrong = [_diagnostic(each["diagnostic"]) for each in said if each["type"] == "diagnostic"]
    ended = {
        each["@testrun"]: each["test_run"]["status"]
        for each in said
        if each["type"] == "test_run" and each["test_run"]["progress"] == "complete"
    }
    if ended != {PLANNED: "pass", MADE: "pass"}:
        pytest.fail(f"{folder}: {ended}\n" + "\n".join(wrong), pytrace=False)
    return Made(dict(_planned(said)), dict(_made(said)))


def _terraform(folder: Path, home: Path, aws: str) -> Terraform:
    found = without_network(folder, home)
    reached = {
        "AWS_ENDPOINT_URL": aws,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "2",
        "NO_PROXY": "127.0.0.1",
    }
    return replace(found, environment=found.environment | reached)


def _diagnostic(found: Json) -> str:
    return f"{found.get('address', '')}: {found['summary']}: {found['detail']}"


def _planned(said: list[Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for each in said:
        if each["type"] == "test_plan":
            for change in each["test_plan"]["resource_changes"]:
                if change["mode"] == "managed":
                    yield change["address"], tuple(change["change"]["actions"])


def _made(said: list[Any]) -> Iterator[tuple[str, Json]]:
    for each in said:
        if each["type"] == "test_state":
            for resource in each["test_state"]["root_module"]["resources"]:
                if resource["mode"] == "managed":
                    yield resource["address"], resource["values"]
