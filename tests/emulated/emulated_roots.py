"""Rendered roots, turned to an AWS that is none by files that override others.

Nothing of what was rendered is changed: beside it lies a file for each root that says where AWS
is, and that the types in LEFT_OUT are made zero times. What refers to one of those gets a text in
its place, so that everything else is made as it is.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from caisson.terraform.writing.model import Output, Provider, Rendering, Root

OVERRIDE = "emulated_override.tf.json"
_LEFT_OUT_ARN = '"arn:aws:iam::111111111111:role/left-out"'
_LEFT_OUT = '"left-out"'
_SKIPPED = {
    "skip_credentials_validation": True,
    "skip_metadata_api_check": True,
    "skip_region_validation": True,
    "skip_requesting_account_id": True,
}
_Json = dict[str, Any]


def turn(folder: Path, rendering: Rendering, aws: str, left_out: Mapping[str, str]) -> None:
    """Write what turns every root of a folder to the AWS at `aws`.

    Which services are asked elsewhere is said in the environment: a provider with `endpoints`
    spends a second and more of processor time on them whenever it begins.
    """
    roots = {each.path: each for each in rendering.roots}
    for root in rendering.roots:
        states = {name: roots[path] for name, path in root.needs.items()}
        document = {**_turned(root, states, aws)}
        for section, named in _without(root, left_out).items():
            document.setdefault(section, {}).update(named)
        (folder / root.path).mkdir(parents=True, exist_ok=True)
        (folder / root.path / OVERRIDE).write_text(json.dumps(document, indent=2))


def _turned(root: Root, states: Mapping[str, Root], aws: str) -> _Json:
    """Return who providers are, and where the backend finds its bucket."""
    backend = {**_kept(root, aws), "use_lockfile": True}
    providers = [_provider(each) for each in root.providers]
    document: _Json = {"terraform": {"backend": {"s3": backend}}, "provider": {"aws": providers}}
    if states:
        read = {
            name: {"backend": "s3", "config": _kept(each, aws)} for name, each in states.items()
        }
        document["data"] = {"terraform_remote_state": read}
    return document


def _provider(provider: Provider) -> _Json:
    return {
        "alias": provider.alias,
        "access_key": provider.account,
        "secret_key": "none",
        "s3_use_path_style": True,
        "skip_credentials_validation": True,
        "skip_metadata_api_check": True,
        "max_retries": 2,
    }


def _kept(root: Root, endpoint: str) -> _Json:
    return {
        "bucket": root.state.bucket,
        "key": root.state.key,
        "region": root.state.region,
        "access_key": root.providers[0].account,
        "secret_key": "none",
        "endpoints": {"s3": endpoint, "sts": endpoint, "iam": endpoint},
        "use_path_style": True,
        **_SKIPPED,
    }


def _without(root: Root, left_out: Mapping[str, str]) -> _Json:
    """Return what overrides blocks of types that are left out, and what refers to them."""
    gone = {each.address for each in root.blocks if each.type in left_out}
    if not gone:
        return {}
    addresses = "|".join(map(re.escape, sorted(gone, key=len, reverse=True)))
    refers = re.compile(rf"(?<![\w.])(?:{addresses})(?:\[[^\]]*\])?((?:\.\w+(?:\[[^\]]*\])?)+)")
    found: _Json = {}
    for block in root.blocks:
        body = _instead(block.body, refers)
        if block.address in gone:
            body["count"] = 0
        if body:
            found.setdefault(block.form.value, {}).setdefault(block.type, {})[block.name] = body
    for output in root.parts:
        if isinstance(output, Output) and (value := _instead({"value": output.value}, refers)):
            found.setdefault("output", {})[output.name] = value
    return found


def _instead(body: Mapping[str, Any], refers: re.Pattern[str]) -> _Json:
    """Return those attributes that refer to what is left out, with a text in its place."""
    found: _Json = {}
    for name, value in body.items():
        # What a block waits for cannot be overridden, and may be there zero times.
        if name != "depends_on" and refers.search(json.dumps(value)):
            found[name] = _replaced(value, refers)
    return found


def _replaced(value: Any, refers: re.Pattern[str]) -> Any:
    match value:
        case str():
            return refers.sub(
                lambda found: _LEFT_OUT_ARN if "arn" in found[1].lower() else _LEFT_OUT, value
            )
        case Mapping():
            return {_replaced(k, refers): _replaced(v, refers) for k, v in value.items()}
        case list() | tuple():
            return [_replaced(each, refers) for each in value]
        case _:
            return value
