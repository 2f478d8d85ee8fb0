"""The resources that a plan or a state lists, one row per instance, checked for their form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from caisson.terraform.document import malformed
from caisson.terraform.model import Mode
from caisson.terraform.resolver.references import unquoted

_MODES = {mode.value: mode for mode in Mode}


@dataclass(frozen=True, slots=True)
class Row:
    """An instance as listed; `values` still has gaps where a value is not known.

    `module` is the module instance's address and `inside` the names of its calls, without keys.
    """

    address: str
    module: str
    inside: tuple[str, ...]
    mode: Mode
    type: str
    name: str
    key: str | int | None
    provider: str
    values: dict[str, object]
    sensitive: object


@dataclass(frozen=True, slots=True)
class ModuleRow:
    """One module instance, inside of that at `above`. `key` is its own key in its call."""

    address: str
    inside: tuple[str, ...]
    key: str | int | None
    above: str = ""


def listed(file: str, path: str, values: object) -> tuple[list[ModuleRow], list[Row]]:
    """Return the module instances and the resource instances under `values.root_module`."""
    modules: list[ModuleRow] = []
    rows: list[Row] = []
    root = _object(file, path, values).get("root_module")
    if root is not None:
        inside = ModuleRow("", (), None)
        _walk(file, f"{path}.root_module", root, inside, modules, rows)
    return modules, rows


def _walk(
    file: str, path: str, plain: object, this: ModuleRow, modules: list[ModuleRow], rows: list[Row]
) -> None:
    module = _object(file, path, plain)
    modules.append(this)
    for number, each in enumerate(_list(file, f"{path}.resources", module.get("resources"))):
        rows.append(_row(file, path, number, each, this))
    below = f"{path}.child_modules"
    for number, each in enumerate(_list(file, below, module.get("child_modules"))):
        at = f"{below}[{number}]"
        address = _object(file, at, each).get("address")
        if not isinstance(address, str):
            malformed(file, f"{at}.address", "missing, or not text")
        _walk(file, at, each, _module(file, at, address, this), modules, rows)


def _module(file: str, at: str, address: str, parent: ModuleRow) -> ModuleRow:
    start = f"{parent.address}.module." if parent.address else "module."
    if not address.startswith(start):
        malformed(file, f"{at}.address", "not an address inside of the module around it")
    name, bracket, key = address[len(start) :].partition("[")
    own = _key(key[:-1]) if bracket else None
    return ModuleRow(address, (*parent.inside, name), own, parent.address)


def _key(written: str) -> str | int:
    if written.isdecimal() and written.isascii():
        return int(written)
    return unquoted(written[1:-1])


def _row(file: str, path: str, number: int, plain: object, module: ModuleRow) -> Row:
    if type(plain) is not dict:
        malformed(file, f"{path}.resources[{number}]", "not an object")
    get = plain.get
    address, type_, name = get("address"), get("type"), get("name")
    provider, values, key = get("provider_name"), get("values"), get("index")
    mode = _MODES.get(str(get("mode")))
    if values is None:
        values = {}
    if not (
        mode is not None
        and type(address) is str
        and type(type_) is str
        and type(name) is str
        and type(provider) is str
        and type(values) is dict
        and (key is None or type(key) is str or type(key) is int)
    ):
        _say_what_is_wrong(file, f"{path}.resources[{number}]", plain)
    return Row(
        address,
        module.address,
        module.inside,
        mode,
        type_,
        name,
        key,
        provider,
        values,
        get("sensitive_values"),
    )


def _say_what_is_wrong(file: str, at: str, plain: Mapping[str, object]) -> NoReturn:
    if str(plain.get("mode")) not in _MODES:
        malformed(file, f"{at}.mode", "not `managed` or `data`")
    for key in ("address", "type", "name", "provider_name"):
        if not isinstance(plain.get(key), str):
            malformed(file, f"{at}.{key}", "missing, or not text")
    if not isinstance(plain.get("values", {}), dict):
        malformed(file, f"{at}.values", "not an object")
    malformed(file, f"{at}.index", "neither text nor a whole number")


def _object(file: str, path: str, plain: object) -> dict[str, object]:
    if plain is None:
        return {}
    if type(plain) is not dict:
        malformed(file, path, "not an object")
    return plain


def _list(file: str, path: str, plain: object) -> list[object]:
    if plain is None:
        return []
    if type(plain) is not list:
        malformed(file, path, "not a list")
    return plain
