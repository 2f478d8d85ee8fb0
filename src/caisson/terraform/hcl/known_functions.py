"""Terraform's functions that need to know all that they are given: plain values in and out.

Whatever Python raises on arguments that do not fit means that there is no such value.
"""

import base64
import hashlib
import ipaddress
import json
import math
import re
from collections.abc import Callable, Mapping

from caisson.terraform.hcl.access import as_number, as_text
from caisson.terraform.hcl.values import Undefined, Value

_Texts = list[str]
_MOST_NUMBERS = 1024  # Terraform's own bound on range()


_VERB = re.compile(r"%(?:(%)|([-+0 ]*\d{0,3}(?:\.\d{1,2})?)([a-z]))")


def _format(pattern: str, *values: Value) -> str:
    """`%s %d %q %v %%` and widths, as far as wiring and names use them."""
    rest = list(values)
    text = _VERB.sub(lambda match: _verb(match, rest), pattern)
    if rest:
        raise ValueError("too many values")
    return text


def _verb(match: re.Match[str], rest: list[Value]) -> str:  # noqa: PLR0911  one case each
    if match[1]:
        return "%"
    value, flags = rest.pop(0), match[2]
    match match[3]:
        case "s" | "v" if not isinstance(value, list | dict):
            return f"%{flags}s" % as_text(value)
        case "v":
            return _jsonencode(value)
        case "d" | "x" | "o":
            return f"%{flags}{match[3]}" % int(as_number(value) or 0)
        case "f" | "e" | "g":
            return f"%{flags}{match[3]}" % float(as_number(value) or 0)
        case "q":
            return json.dumps(as_text(value), ensure_ascii=False)
        case "t":
            return as_text(value)
        case _:
            raise ValueError("not a verb")


def _formatlist(pattern: Value, *values: Value) -> Value:
    lengths = {len(each) for each in values if isinstance(each, list)}
    if not lengths:
        return [_format(as_text(pattern), *values)]
    (length,) = lengths
    rows = ([v[at] if isinstance(v, list) else v for v in values] for at in range(length))
    return [_format(as_text(pattern), *row) for row in rows]


def _jsonencode(value: Value) -> str:
    text = json.dumps(_sorted(value), separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _sorted(value: Value) -> Value:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value


def _jsondecode(text: str) -> Value:
    try:
        return json.loads(text)
    except RecursionError:
        raise Undefined("jsondecode") from None


def _replace(text: Value, old: Value, new: Value) -> str:
    whole, pattern = as_text(text), as_text(old)
    if len(pattern) > 1 and pattern[0] == pattern[-1] == "/":
        return _expression(pattern[1:-1]).sub(_python_groups(as_text(new)), whole)
    return whole.replace(pattern, as_text(new))


def _python_groups(replacement: str) -> str:
    escaped = replacement.replace("\\", "\\\\")
    return re.sub(r"\$(?:\{(\w+)\}|(\w+))", lambda m: f"\\g<{m[1] or m[2]}>", escaped)


# Go's expressions run in linear time, Python's need not: what could repeat a repetition is
# left alone.
_RISKY = re.compile(r"[*+}]\)?[*+{]|\([^()]*[*+][^()]*\)[*+{]")


def _expression(pattern: str) -> re.Pattern[str]:
    if _RISKY.search(pattern):
        raise Undefined(pattern)
    try:
        return re.compile(pattern)
    except re.error:
        raise Undefined(pattern) from None


def _matched(match: re.Match[str]) -> Value:
    if names := match.re.groupindex:
        return {name: match[name] for name in names}
    return list(match.groups()) if match.re.groups else match[0]


def _regex(pattern: str, text: Value) -> Value:
    if (match := _expression(pattern).search(as_text(text))) is None:
        raise Undefined(pattern)
    return _matched(match)


def _regexall(pattern: str, text: Value) -> Value:
    return [_matched(match) for match in _expression(pattern).finditer(as_text(text))]


def _split(separator: Value, text: Value) -> Value:
    return as_text(text).split(as_text(separator)) if text != "" else [""]


def _substr(text: str, offset: int, length: int) -> str:
    begin = offset if offset >= 0 else max(0, len(text) + offset)
    return text[begin:] if length < 0 else text[begin : begin + length]


def _title(text: str) -> str:
    return re.sub(r"\b\w", lambda match: match[0].upper(), text)


def _range(*bounds: Value) -> Value:
    numbers = [as_number(each) for each in bounds]
    begin, end, *step = numbers if len(numbers) > 1 else (0, *numbers)
    if begin is None or end is None:
        raise ValueError("not numbers")
    each = step[0] if step and step[0] else (1 if begin <= end else -1)
    count = math.ceil((end - begin) / each)
    if count > _MOST_NUMBERS:
        raise ValueError("too many")
    return [begin + at * each for at in range(max(0, count))]


def _index(items: list[Value], value: Value) -> int:
    return items.index(value)


def _cidrsubnet(prefix: str, bits: Value, number: Value) -> str:
    network = ipaddress.ip_network(prefix, strict=False)
    more, place = int(as_number(bits) or 0), int(as_number(number) or 0)
    length = network.prefixlen + more
    if not 0 <= place < 2**more or length > network.max_prefixlen:
        raise ValueError("no such subnet")
    first = int(network.network_address) + (place << (network.max_prefixlen - length))
    return f"{type(network.network_address)(first)}/{length}"


def _cidrsubnets(prefix: str, *bits: Value) -> Value:
    network = ipaddress.ip_network(prefix, strict=False)
    found, begin = [], int(network.network_address)
    for more in bits:
        length = network.prefixlen + int(as_number(more) or 0)
        size = 2 ** (network.max_prefixlen - length)
        begin = -(-begin // size) * size
        if begin + size - 1 > int(network.broadcast_address):
            raise ValueError("no room")
        found.append(f"{type(network.network_address)(begin)}/{length}")
        begin += size
    return found


def _cidrhost(prefix: str, number: Value) -> str:
    network = ipaddress.ip_network(prefix, strict=False)
    return str(network[int(as_number(number) or 0)])


def _cidrnetmask(prefix: str) -> str:
    return str(ipaddress.IPv4Network(prefix, strict=False).netmask)


def _numbers(values: tuple[Value, ...]) -> list[float]:
    numbers = [as_number(each) for each in values]
    return [each for each in numbers if each is not None]


def _transpose(of: dict[str, _Texts]) -> Value:
    found: dict[str, _Texts] = {}
    for key, values in sorted(of.items()):
        for value in values:
            found.setdefault(value, []).append(key)
    return found


def _matchkeys(values: list[Value], keys: list[Value], wanted: list[Value]) -> Value:
    return [value for value, key in zip(values, keys, strict=True) if key in wanted]


def _subtracted(of: list[Value], less: list[Value]) -> Value:
    return [each for each in of if each not in less]


def _in_all(first: list[Value], *others: list[Value]) -> Value:
    return [each for each in first if all(each in other for other in others)]


def _repeated_hash(name: str) -> Callable[[str], str]:
    return lambda text: hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()


def _indent(spaces: int, text: str) -> str:
    return text.replace("\n", "\n" + " " * min(spaces, 100))


KNOWN: Mapping[str, Callable[..., Value]] = {
    "abs": lambda value: abs(_numbers((value,))[0]),
    "alltrue": lambda values: all(each in (True, "true") for each in values),
    "anytrue": lambda values: any(each in (True, "true") for each in values),
    "base64decode": lambda text: base64.b64decode(text).decode(),
    "base64encode": lambda text: base64.b64encode(as_text(text).encode()).decode(),
    "basename": lambda path: path.rstrip("/").rsplit("/", 1)[-1],
    "ceil": lambda value: math.ceil(_numbers((value,))[0]),
    "chomp": lambda text: text.rstrip("\r\n"),
    "cidrhost": _cidrhost,
    "cidrnetmask": _cidrnetmask,
    "cidrsubnet": _cidrsubnet,
    "cidrsubnets": _cidrsubnets,
    "endswith": lambda text, end: as_text(text).endswith(end),
    "floor": lambda value: math.floor(_numbers((value,))[0]),
    "format": _format,
    "formatlist": _formatlist,
    "indent": _indent,
    "index": _index,
    "jsondecode": _jsondecode,
    "jsonencode": _jsonencode,
    "lower": lambda text: as_text(text).lower(),
    "matchkeys": _matchkeys,
    "max": lambda *values: max(_numbers(values)),
    "md5": _repeated_hash("md5"),
    "min": lambda *values: min(_numbers(values)),
    "parseint": lambda text, base: int(as_text(text), base),
    "range": _range,
    "regex": _regex,
    "regexall": _regexall,
    "replace": _replace,
    "setintersection": _in_all,
    "setsubtract": _subtracted,
    "sha1": _repeated_hash("sha1"),
    "sha256": _repeated_hash("sha256"),
    "split": _split,
    "startswith": lambda text, start: as_text(text).startswith(start),
    "strcontains": lambda text, part: part in as_text(text),
    "strrev": lambda text: text[::-1],
    "substr": _substr,
    "sum": lambda values: sum(_numbers(tuple(values))),
    "title": _title,
    "transpose": _transpose,
    "trim": lambda text, characters: text.strip(characters),
    "trimprefix": lambda text, start: as_text(text).removeprefix(start),
    "trimspace": lambda text: text.strip(),
    "trimsuffix": lambda text, end: as_text(text).removesuffix(end),
    "upper": lambda text: as_text(text).upper(),
}
