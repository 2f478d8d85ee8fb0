"""A bucket by URL, as an estate and a command line name one. Credentials are no part of it.

    s3://BUCKET/PATH?region=eu-central-1&endpoint=HOST:PORT&style=path&ca=/FILE
    gs://BUCKET/PATH?endpoint=HOST:PORT&ca=/FILE
    azure://CONTAINER/PATH?account=NAME&endpoint=HOST:PORT&style=path&ca=/FILE

`region` may be left out where the estate's region has its `aws` name, and `endpoint` where the
bucket is the cloud's own. `style` says whether the bucket stands in the host's name or in the path.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

_ALLOWED: Mapping[str, tuple[str, ...]] = {
    "s3": ("region", "endpoint", "style", "ca"),
    "gs": ("endpoint", "ca"),
    "azure": ("account", "endpoint", "style", "ca"),
}
_STYLES = ("host", "path")
# What a value of a URL's query may be and still be shown.
_SHOWN = ("region", "endpoint", "style", "ca", "account")
_USER = re.compile(r"(?<=://)[^\s?]*@")
_ASKED = re.compile(r"([?&]([^=&\s]*))=[^&\s]*")
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?")
_WORD = re.compile(r"[A-Za-z0-9_-]+")


class BucketRefused(ValueError):  # noqa: N818 - names what was done
    """It is no bucket's URL: `what` is wrong, and what to write instead."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}; {remedy}")
        self.what = what
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Bucket:
    """`kind` is s3, gs or azure; `path` begins with a slash; `asked` is its query."""

    kind: str
    name: str
    path: str
    asked: Mapping[str, str]


def parse_bucket(written: str) -> Bucket:
    """Read a URL; raise BucketRefused."""
    kind, separator, _ = written.partition("://")
    if not separator or kind not in _ALLOWED:
        raise BucketRefused(
            f"{masked(written)!r} is neither a bucket nor a folder",
            "write an absolute folder, s3://…, gs://… or azure://…",
        )
    parts = urlsplit(written)
    if "@" in parts.netloc or not parts.netloc:
        raise BucketRefused(
            f"{masked(written)!r} must name the bucket after ://, and nobody's password",
            "credentials come from the environment variables of the process",
        )
    asked = _asked(kind, parts.query)
    return Bucket(kind, parts.netloc, parts.path or "/", asked)


def masked(text: str) -> str:
    """The text without what may be a secret in it: who opens a URL, and what its query holds."""
    if "://" not in text:
        return text
    shown = _USER.sub("…@", text)
    return _ASKED.sub(lambda f: f[0] if f[2] in _SHOWN else f"{f[1]}=…", shown)


def _asked(kind: str, query: str) -> dict[str, str]:
    asked = dict(parse_qsl(query, keep_blank_values=True))
    allowed = ", ".join(_ALLOWED[kind])
    for name, value in asked.items():
        if name not in _ALLOWED[kind]:
            raise BucketRefused(f"{kind}:// takes no {name!r}", f"write one of {allowed}")
        if wrong := _wrong(name, value):
            raise BucketRefused(f"the {name} of {kind}:// {wrong[0]}", wrong[1])
    if kind == "azure" and "account" not in asked:
        raise BucketRefused("azure:// needs the storage account", "append ?account=NAME")
    return asked


def _wrong(name: str, value: str) -> tuple[str, str] | None:
    """What is wrong with one value of the query, and what to write."""
    match name:
        case "style" if value not in _STYLES:
            return "is host or path", f"append style={_STYLES[1]}, or leave it out"
        case "ca" if not value.startswith("/") or not value.isprintable():
            return "is a file of certificates with its whole path", "append ca=/etc/ssl/ours.pem"
        case "endpoint" if not _HOST.fullmatch(value):
            return "is a host", "append endpoint=s3.example.com, or with its :PORT"
        case "region" | "account" if not _WORD.fullmatch(value):
            return "is a name", f"append {name}=NAME"
        case _:
            return None
