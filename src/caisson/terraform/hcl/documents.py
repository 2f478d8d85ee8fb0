"""Documents inside of texts, as far as they are known before apply.

Policies are mostly known but for the ARNs in them. The text as a whole is then unknown in a plan,
and the expression that it was written with still tells all the rest.
"""

import json
from collections.abc import Iterable, Mapping

from caisson.estate.patterns import root_of
from caisson.terraform.hcl.access import as_text
from caisson.terraform.hcl.addresses import split
from caisson.terraform.hcl.values import (
    Bag,
    Encoded,
    Pieced,
    Reference,
    Undefined,
    Value,
    is_plain,
    plain,
)
from caisson.terraform.model import UNKNOWN

# Attributes that hold a name and nothing else: no wildcard, no quote, no second name.
_NAMES = frozenset(
    {
        "account_id",
        "arn",
        "bucket",
        "canonical_user_id",
        "function_name",
        "iam_arn",
        "id",
        "key_id",
        "name",
        "repository_url",
        "unique_id",
    }
)


def document_in(value: Value) -> object:
    """Return the JSON value of a text that is not known as a whole, UNKNOWN when it is not told.

    What is known as a whole is not told here: where the plan hides it, it has to stay hidden.
    """
    try:
        match value:
            case Encoded(document=document):
                return _known(document)
            case Pieced(parts=parts):
                return _parsed(parts)
            case _:
                return UNKNOWN
    except (RecursionError, Undefined):
        return UNKNOWN


def _known(value: Value) -> object:
    match value:
        case Reference():
            return _name(value) or UNKNOWN
        case Pieced(parts=parts):
            return _joined(parts) or UNKNOWN
        case list() | Bag(_, True, True):
            return [_known(each) for each in (value if isinstance(value, list) else value.items)]
        case dict():
            return _mapping(value)
        case _:
            return plain(value) if is_plain(value) else UNKNOWN


def _mapping(value: Mapping[Value, Value]) -> object:
    keys = {key: _name(key) if isinstance(key, Reference) else key for key in value}
    if not all(isinstance(each, str) for each in keys.values()):
        return UNKNOWN
    return {str(keys[key]): _known(each) for key, each in value.items()}


def _name(reference: Reference) -> str | None:
    """Return what stands for a name that is known only after apply."""
    _, kind, _ = split(root_of(reference.address)[1]).resource
    if len(reference.path) != 1 or reference.path[0] not in _NAMES or not kind.startswith("aws_"):
        return None
    return f"<{reference.address}.{reference.path[0]}>"


def _joined(parts: Iterable[Value], *, quoted: bool = False) -> str | None:
    """Return a text with what stands for names in it, None when other parts are not known.

    `quoted`: these are written so that they can stand in a text of JSON.
    """
    texts: list[str] = []
    for part in parts:
        name = _name(part) if isinstance(part, Reference) else None
        if name is not None:
            texts.append(json.dumps(name)[1:-1] if quoted else name)
        elif is_plain(part):
            texts.append(as_text(part))
        else:
            return None
    return "".join(texts)


def _parsed(parts: Iterable[Value]) -> object:
    text = _joined(parts, quoted=True)
    try:
        return UNKNOWN if text is None else json.loads(text)
    except ValueError:
        return UNKNOWN
