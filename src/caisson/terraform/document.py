"""Bytes become a checked document: which of Terraform's JSON forms it is, and that it is whole.

Whatever is not understood completely is refused with EstateErrors: a proof on half a plan is
worth less than none.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NoReturn

import numpy as np

from caisson.estate.mistakes import EstateErrors, Mistake, shortened
from caisson.estate.sources import Source

# A plan of 350,000 resources has 300 MB; its values take some ten times that while it is read.
SIZE_LIMIT = 1 << 30
# The deepest that Terraform's own documents get is about forty: modules in modules, and blocks.
DEPTH_LIMIT = 200
_SHOW = "write `terraform show -json PLAN > plan.json`, and check that file"
_VERSION = re.compile(r"[0-9]{1,6}\.[0-9]{1,6}")
_Hook = Callable[[list[tuple[str, object]]], object]
_AT_ONCE = 1 << 24  # bytes
_CONFIGURATION_KEYS = frozenset(
    {
        "//",
        "check",
        "data",
        "ephemeral",
        "import",
        "locals",
        "module",
        "moved",
        "output",
        "provider",
        "removed",
        "resource",
        "terraform",
        "variable",
    }
)
_FOREIGN = (
    ("AWSTemplateFormatVersion", "a CloudFormation template"),
    ("Resources", "a CloudFormation template"),
    ("provider_schemas", "Terraform's description of its providers"),
    ("check_type", "a report of checkov"),
    ("SchemaVersion", "a report of a scanner"),
    ("runs", "a SARIF report"),
    ("@level", "the log of `terraform plan -json`"),
)


class Kind(Enum):
    PLAN = "plan"
    STATE = "state"  # `terraform show -json` of a state
    RAW_STATE = "raw state"  # a `terraform.tfstate` file
    CONFIGURATION = "configuration"  # a `.tf.json` file


@dataclass(frozen=True, slots=True)
class Document:
    """`content` is what the file holds; its reader takes from it what it has read."""

    kind: Kind
    file: str
    content: dict[str, object]

    @property
    def source(self) -> Source:
        return Source(self.file, 1)


def parse(file: str, content: bytes) -> Document:
    """Return the document in `content`; `file` is its name in what is said of it.

    Raises EstateErrors when it is none of Terraform's JSON forms, not whole, of another version,
    larger than SIZE_LIMIT bytes or nested deeper than DEPTH_LIMIT.
    """
    _check_bytes(file, content)
    plain = _plain(file, content)
    if not isinstance(plain, dict):
        refuse(file, f"this is {_form(plain)}, not a plan or a state of Terraform", _SHOW)
    if _entries(file, plain, DEPTH_LIMIT) != _keys_at_most(content):
        _plain(file, content, _unique)
    return Document(_kind(file, plain), file, plain)


def refuse(file: str, what: str, remedy: str, line: int = 1, column: int = 1) -> NoReturn:
    """Raise the one mistake that makes a file unusable."""
    raise EstateErrors([Mistake(Source(file, line, column), what, remedy)])


def malformed(file: str, path: str, what: str) -> NoReturn:
    """Raise a mistake about the value at `path`, a JSON path such as `planned_values.outputs`."""
    refuse(file, f"{path}: {what}", f"this is not as Terraform writes it; {_SHOW}")


def _check_bytes(file: str, content: bytes) -> None:
    if len(content) > SIZE_LIMIT:
        limit = SIZE_LIMIT >> 20
        refuse(file, f"larger than {limit} MiB", "check parts of the estate by themselves")
    if not content or content.isspace():
        refuse(file, "the file is empty", _SHOW)
    if content.startswith(b"PK\x03\x04"):
        refuse(file, "this is a plan as `terraform plan -out` writes it, not JSON", _SHOW)


def _plain(file: str, content: bytes, hook: _Hook | None = None) -> object:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        refuse(file, "this is not text in UTF-8", _SHOW, line)
    try:
        return json.loads(text, object_pairs_hook=hook, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        if text.startswith('{"@level"'):
            refuse(file, "this is the log of `terraform plan -json`, not the plan", _SHOW)
        refuse(file, f"not JSON, or not whole: {error.msg}", _SHOW, error.lineno, error.colno)
    except RecursionError:
        _too_deep(file)
    except ValueError as error:
        refuse(file, f"not JSON: {error}", _SHOW)


def _keys_at_most(content: bytes) -> int | None:
    """Count what can be a key in a JSON document, None when that takes a closer look.

    Looking at each object in turn takes longer than all other reading; but where there are as
    many keys as entries, none is written twice. Where no white space is before a colon, a key
    ends with a quote and a colon; and inside of a text quotes are escaped.
    """
    data = np.frombuffer(content, np.uint8)
    keys = 0
    for begin in range(0, len(data), _AT_ONCE):
        part = data[max(begin - 3, 0) : begin + _AT_ONCE]
        colons = np.flatnonzero(part == ord(":"))
        colons = colons[colons >= (3 if begin else 0)]
        before, second, third = (part[colons - each] for each in (1, 2, 3))
        escaped = (before == ord('"')) & (second == ord("\\"))
        if (before <= ord(" ")).any() or (escaped & (third == ord("\\"))).any():
            return None
        keys += int((before == ord('"')).sum() - escaped.sum())
    return keys


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in found if names.count(name) > 1)
        raise ValueError(f"the key `{shortened(twice)}` is written twice")
    return found


def _no_number(written: str) -> NoReturn:
    raise ValueError(f"{written} is not a number of JSON")


def _entries(file: str, value: dict[str, object] | list[object], levels: int) -> int:
    """Return how many entries the objects in `value` have, which has this many levels at most."""
    if not levels:
        _too_deep(file)
    entries = len(value) if type(value) is dict else 0
    for each in value.values() if type(value) is dict else value:
        if type(each) is dict or type(each) is list:
            entries += _entries(file, each, levels - 1)
    return entries


def _too_deep(file: str) -> NoReturn:
    refuse(file, f"nested deeper than {DEPTH_LIMIT} levels", _SHOW)


def _form(plain: object) -> str:
    if isinstance(plain, list):
        return "a list"
    return "nothing" if plain is None else f"a single {type(plain).__name__}"


def _kind(file: str, plain: Mapping[str, object]) -> Kind:
    if "format_version" in plain:
        _check_version(file, plain["format_version"])
        return _shown(file, plain)
    if "lineage" in plain or {"version", "terraform_version"} <= plain.keys():
        if plain.get("version") != 4:  # noqa: PLR2004  the format since Terraform 0.12
            refuse(
                file, "a state of another format than version 4", "write it anew: terraform apply"
            )
        return Kind.RAW_STATE
    if plain and plain.keys() <= _CONFIGURATION_KEYS:
        return Kind.CONFIGURATION
    for key, meaning in _FOREIGN:
        if key in plain:
            refuse(file, f"this is {meaning}, not a plan or a state of Terraform", _SHOW)
    refuse(file, "not a plan or a state of Terraform: there is no `format_version`", _SHOW)


def _check_version(file: str, version: object) -> None:
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        refuse(file, "format_version: not a version such as 1.2", _SHOW)
    if not version.startswith("1."):
        what = f"format_version: {version} is not read by this version, which reads 1.x"
        refuse(file, what, "write it with Terraform 1.1 or newer, or with a newer Caisson")


def _shown(file: str, plain: Mapping[str, object]) -> Kind:
    if "provider_schemas" in plain:
        refuse(file, "this is Terraform's description of its providers, not a plan", _SHOW)
    if "planned_values" in plain or "resource_changes" in plain or "configuration" in plain:
        _check_whole_plan(file, plain)
        return Kind.PLAN
    if "values" in plain:
        return Kind.STATE
    refuse(file, "there is neither a plan nor a state in this file", _SHOW)


def _check_whole_plan(file: str, plain: Mapping[str, object]) -> None:
    if plain.get("errored") not in (None, False):
        refuse(
            file, "planning ended with errors, so the plan is not whole", "mend them, plan again"
        )
    for key in ("planned_values", "configuration"):
        if key not in plain:
            refuse(file, f"{key}: missing, so the plan is not whole", _SHOW)
        if not isinstance(plain[key], dict):
            malformed(file, key, f"{_form(plain[key])} where an object belongs")
