"""A `terraform.tfstate` file, format 4: its resource instances as rows."""

import re
from collections.abc import Iterator, Mapping

from caisson.terraform.document import Document, malformed
from caisson.terraform.masking import mask_secrets
from caisson.terraform.model import UNKNOWN, Mode
from caisson.terraform.rows import Row

_PROVIDER = re.compile(r'provider\["([^"]+)"\]')
_MODES = {mode.value: mode for mode in Mode}


def rows_of(document: Document) -> Iterator[tuple[str, Row]]:
    """Yield every instance, with the provider configuration that it has.

    Such a file marks only some of its secrets; those that are known by their names are taken out.
    """
    file = document.file
    for number, each in enumerate(_list(file, "resources", document.content.pop("resources", []))):
        at = f"resources[{number}]"
        resource = _object(file, at, each)
        provider = _text(file, f"{at}.provider", resource.get("provider"))
        listed = _list(file, f"{at}.instances", resource.get("instances", []))
        for position, one in enumerate(listed):
            inner = f"{at}.instances[{position}]"
            instance = _object(file, inner, one)
            if "deposed" not in instance:
                yield provider, _row(file, inner, resource, instance, provider)


def _row(
    file: str,
    at: str,
    resource: Mapping[str, object],
    instance: Mapping[str, object],
    provider: str,
) -> Row:
    mode = _MODES.get(str(resource.get("mode")))
    if mode is None:
        malformed(file, f"{at}: mode", "not `managed` or `data`")
    type_ = _text(file, f"{at}: type", resource.get("type"))
    name = _text(file, f"{at}: name", resource.get("name"))
    module = _text(file, f"{at}: module", resource.get("module", ""))
    key = instance.get("index_key")
    if not (key is None or isinstance(key, str | int)):
        malformed(file, f"{at}.index_key", "neither text nor a whole number")
    start = "data." if mode is Mode.DATA else ""
    own = f"{start}{type_}.{name}{_written(key)}"
    address = f"{module}.{own}" if module else own
    found = _PROVIDER.search(provider)
    values = _values(file, at, instance)
    return Row(address, module, (), mode, type_, name, key, found[1] if found else "", values, None)


def _written(key: str | int | None) -> str:
    if key is None:
        return ""
    return f"[{key}]" if isinstance(key, int) else '["' + key.replace('"', '\\"') + '"]'


def _values(file: str, at: str, instance: Mapping[str, object]) -> dict[str, object]:
    values = _object(file, f"{at}.attributes", instance.get("attributes") or {})
    marks = _list(file, f"{at}.sensitive_attributes", instance.get("sensitive_attributes") or [])
    for path in marks:
        first = path[0] if isinstance(path, list) and path else path
        name = first.get("value") if isinstance(first, Mapping) else first
        if isinstance(name, str) and values.get(name) is not None:
            values[name] = UNKNOWN
    mask_secrets(values)
    return values


def _object(file: str, at: str, plain: object) -> dict[str, object]:
    if not isinstance(plain, dict):
        malformed(file, at, "not an object")
    return plain


def _list(file: str, at: str, plain: object) -> list[object]:
    if not isinstance(plain, list):
        malformed(file, at, "not a list")
    return plain


def _text(file: str, at: str, plain: object) -> str:
    if not isinstance(plain, str):
        malformed(file, at, "missing, or not text")
    return plain
